"""Made-up evidence about one job that is due each ten seconds, for tests of the checker."""

from dataclasses import replace
from typing import Any

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
