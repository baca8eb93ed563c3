"""The checker finds each broken invariant of what a job may ask for, in made-up evidence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.checker import check
from tests.faults.evidence import Case, Fault
from tests.faults.made_up import (
    AGAIN,
    ASKED,
    BY_HAND,
    DEAD,
    FAILED,
    HELD,
    JOB,
    KILLED,
    RETRIED,
    T,
    at,
    case,
    record,
    rests,
    shared,
    start,
)
from tests.faults.orders import KILL, Order
from tests.faults.promise import Edit

FINE = {
    "one that is claimed only when what waited has its turn, for nobody could claim": lambda: case(
        (start(at(10), 10.01, 34), record(at(10))),
        (start(at(20), 34.1, 34.2), record(at(20))),
        (start(at(30), 34.3, 34.4), record(at(30))),
        faults=(Fault("all of etcd killed", T + 24_000, T + 33_000),),
        overlap="queue",
    ),
    "a retry after a failure": lambda: case(FAILED, AGAIN, **RETRIED),
    "no further run of a lost one that was killed before it was taken over": lambda: case(
        (start(at(10), 10.01), record(at(10), "lost", marked=True)),
        orders=(Order(KILL, JOB, T + 15_000, T + 15_100),),
        rerun_lost=True,
    ),
    "no retry after a failure in the moment of a replacement": lambda: case(
        (start(at(10), 10.01, 20.01), record(at(10), "failed", finished=T + 20_010)),
        (start(at(20), 20.1, 20.2), record(at(20))),
        overlap="replace",
        **RETRIED,
    ),
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
