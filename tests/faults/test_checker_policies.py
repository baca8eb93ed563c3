"""The checker finds each broken invariant of what a job may ask for, in made-up evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.checker import check
from tests.faults.evidence import Case, Fault, Record
from tests.faults.orders import KILL, RUN, Order
from tests.faults.promise import Edit, Promise
from tests.faults.witness import Start

T = 1_800_000_000_000
JOB = "tick"
EVERY = 10_000


def start(run_id: str, began: float, ended: float | None = None, **changes: object) -> Start:
    """A start of that id, so many seconds after T; its instant is what the id says."""
    plan = int(run_id.partition("@")[2].partition("!")[0].partition("+")[0])
    lasts = began + 1 if ended is None else ended
    made = Start(run_id, JOB, plan, 100 + int(10 * began), 7000, began, ended=lasts)
    return replace(made, **changes)  # type: ignore[arg-type]


def record(run_id: str, outcome: str = "success", **changes: object) -> Record:
    """A record of that id, which ended two seconds after its instant."""
    plan = int(run_id.partition("@")[2].partition("!")[0].partition("+")[0])
    made = Record(run_id, JOB, plan, outcome, f"{run_id}\n", "as made up", finished=plan + 2000)
    return replace(made, **changes)  # type: ignore[arg-type]


def at(seconds: int, more: str = "", share: str = "") -> str:
    """The run id of an instant so many seconds after T."""
    return f"{JOB}{share}@{T + 1000 * seconds}{more}"


def case(
    *runs: tuple[Start | None, Record | None],
    orders: tuple[Order, ...] = (),
    faults: tuple[Fault, ...] = (),
    **promised: object,
) -> Case:
    """A job due each ten seconds for 35 seconds: its runs at 10, 20 and 30, and others."""
    plain = [(start(at(n), n + 0.01), record(at(n))) for n in (10, 20, 30)]
    promise = Promise(JOB, EVERY, T, T, T + 35_000, T + 35_100)
    said = {r.run_id for one, told in runs for r in (one, told) if r}
    kept = [run for run in plain if run[0].run_id not in said]
    return Case(
        boot_ms=T,
        now=T + 60_000,
        promises=(replace(promise, **promised),),  # type: ignore[arg-type]
        orders=orders,
        faults=faults,
        starts=[s for s, _ in (*kept, *runs) if s],
        records=[r for _, r in (*kept, *runs) if r],
    )


FAILED = (start(at(10), 10.01, 11), record(at(10), "failed"))
AGAIN = (start(at(10, "+1"), 12, 13), record(at(10, "+1")))
HELD = (start(at(10), 10.01, 25), record(at(10)))
RETRIED: Any = {"retries": 1, "delay_ms": 1000}
BY_HAND = (start(at(15, "!ab"), 15.2, 16), record(at(15, "!ab")))
ASKED = Order(RUN, JOB, T + 14_900, T + 15_100, (at(15, "!ab"),))
DEAD = (start(at(20), 20.01, ended=20.4), record(at(20), "killed"))
KILLED = Order(KILL, JOB, T + 20_300, T + 20_600, (at(20),))
PAUSED = (
    Edit(T + 12_000, T + 12_100, EVERY, T + 25_000),
    Edit(T + 33_000, T + 33_100, EVERY),
)


def rests(*runs: tuple[Start | None, Record | None], faults: tuple[Fault, ...] = ()) -> Case:
    """The job at rest from 12 to 25 seconds after T."""
    made = case(*runs, faults=faults, edits=PAUSED)
    gone = {at(20)} - {one.run_id for one, _ in runs if one}
    return replace(
        made,
        starts=[s for s in made.starts if s.run_id not in gone],
        records=[r for r in made.records if r.run_id not in gone],
    )


def shared(*without: str) -> Case:
    """The job on two hosts, without some of its runs."""
    ids = [at(n, share=share) for n in (10, 20, 30) for share in ("#0", "#1")]
    kept = [run_id for run_id in ids if run_id not in without]
    made = case(shares=("0", "1"))
    return replace(
        made,
        starts=[start(run_id, (int(run_id[-5:]) % 100_000) / 1000 + 0.01) for run_id in kept],
        records=[record(run_id) for run_id in kept],
    )


FINE = {
    "a retry after a failure": lambda: case(FAILED, AGAIN, **RETRIED),
    "a lost run that is run again": lambda: case(
        (start(at(10), 10.01, 11), record(at(10), "lost", marked=True)), AGAIN, rerun_lost=True
    ),
    "a run taken for lost that goes on while it is run again": lambda: case(
        (start(at(10), 10.01, 14), record(at(10), marked=True)),
        (start(at(10, "+1"), 12, 13, alone=False), AGAIN[1]),
        rerun_lost=True,
    ),
    "a failure whose retry was called off": lambda: case(
        FAILED, (None, record(at(10, "+1"), "not_started")), **RETRIED
    ),
    "a run by hand": lambda: case(BY_HAND, orders=(ASKED,)),
    "a run by hand whose answer was lost": lambda: case(
        BY_HAND, orders=(replace(ASKED, answered=None, runs=()),)
    ),
    "a kill": lambda: case(DEAD, orders=(KILLED,)),
    "a run that waited for its turn": lambda: case(
        HELD, (start(at(20), 25.1), record(at(20))), overlap="queue"
    ),
    "a rest": rests,
    "a job on two hosts": shared,
    "a share whose worker was drained": lambda: replace(
        shared(at(20, share="#1")),
        faults=[Fault("drained", T + 19_000, T + 21_000)],
        drained=[Fault("1", T + 19_000, T + 21_000)],
    ),
    "a schedule that was edited": lambda: case(
        (start(at(25), 25.01), record(at(25))),
        (start(at(35), 35.01), record(at(35))),
        edits=(Edit(T + 21_000, T + 21_500, 5000),),
    ),
}


@pytest.mark.parametrize("made", FINE.values(), ids=FINE)
def test_what_was_asked_for_is_no_violation(made: Callable[[], Case]) -> None:
    assert check(made()) == []


BROKEN = {
    "a retry of a success": ("I1", lambda: case(AGAIN, **RETRIED)),
    "a retry that nobody asked for": ("I1", lambda: case(FAILED, AGAIN)),
    "one retry too many": (
        "I1",
        lambda: case(
            FAILED,
            (AGAIN[0], record(at(10, "+1"), "failed")),
            (start(at(10, "+2"), 15, 16), record(at(10, "+2"))),
            **RETRIED,
        ),
    ),
    "a retry before its delay": (
        "I3",
        lambda: case(FAILED, (start(at(10, "+1"), 11.5, 12), AGAIN[1]), **RETRIED),
    ),
    "a lost run that is run again without being asked": (
        "I1",
        lambda: case(
            (start(at(10), 10.01, 11), record(at(10), "lost", marked=True)), AGAIN, **RETRIED
        ),
    ),
    "a failure that is not tried again": ("I4", lambda: case(FAILED, **RETRIED)),
    "a lost run that is not run again": (
        "I4",
        lambda: case(
            (start(at(10), 10.01, 11), record(at(10), "lost", marked=True)), rerun_lost=True
        ),
    ),
    "a run by hand that nobody asked for": ("I1", lambda: case(BY_HAND)),
    "a run by hand that was accepted and forgotten": ("I4", lambda: case(orders=(ASKED,))),
    "a run by hand with two starts": (
        "I1",
        lambda: case(BY_HAND, (start(at(15, "!ab"), 17, 18), None), orders=(ASKED,)),
    ),
    "a run that is started after it was said to be dead": (
        "I1",
        lambda: case((start(at(20), 21, 22), DEAD[1]), orders=(KILLED,)),
    ),
    "a run that lives on after it was said to be dead": (
        "I7",
        lambda: case((start(at(20), 20.01, 21), DEAD[1]), orders=(KILLED,)),
    ),
    "a kill that hits the next run": (
        "I4",
        lambda: case((start(at(30), 30.01, 31), record(at(30), "killed")), orders=(KILLED,)),
    ),
    "a kill of one run that hits another": (
        "I4",
        lambda: case(DEAD, orders=(replace(KILLED, only=at(10), runs=()),)),
    ),
    "two runs that waited at once": (
        "I2",
        lambda: case(
            (start(at(10), 10.01, 34), record(at(10))),
            (start(at(20), 34.1, 34.2), record(at(20))),
            (start(at(30), 34.3, 34.4), record(at(30))),
            overlap="queue",
        ),
    ),
    "a run that waited for nothing": (
        "I3",
        lambda: case(HELD, (start(at(20), 28.1, 28.5), record(at(20))), overlap="queue"),
    ),
    "a replacement beside the run that it replaces": (
        "I2",
        lambda: case(HELD, (start(at(20), 20.1, 26), record(at(20))), overlap="replace"),
    ),
    "a start inside a rest": ("I1", lambda: rests((start(at(20), 20.01), record(at(20))))),
    "an older instant that is started at rest": (
        "I1",
        lambda: rests((start(at(10), 15, 16), record(at(10)))),
    ),
    "no start after a rest": (
        "I3",
        lambda: replace(
            rests(),
            starts=[s for s in rests().starts if s.run_id != at(30)],
            records=[r for r in rests().records if r.run_id != at(30)],
        ),
    ),
    "a share without a trace": ("I3", lambda: shared(at(20, share="#1"))),
    "a share without a trace while another's worker was drained": (
        "I3",
        lambda: replace(shared(at(20, share="#1")), drained=[Fault("0", T + 19_000, T + 21_000)]),
    ),
    "an instant of the schedule before the edit": (
        "I1",
        lambda: case(
            (start(at(30), 30.01), record(at(30))), edits=(Edit(T + 21_000, T + 21_500, 7000),)
        ),
    ),
}


@pytest.mark.parametrize(("invariant", "made"), BROKEN.values(), ids=BROKEN)
def test_what_was_not_asked_for_is_found(invariant: str, made: Callable[[], Case]) -> None:
    assert invariant in {violation.invariant for violation in check(made())}
