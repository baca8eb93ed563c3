"""The checker finds each broken invariant in made-up evidence, and nothing in a good day's."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.faults.checker import check
from tests.faults.evidence import Case, Fault, Record, Usage
from tests.faults.orders import KILL, Order
from tests.faults.promise import Promise
from tests.faults.witness import Start

T = 1_800_000_000_000
JOB = "tick"


def start(number: int, **changes: object) -> Start:
    """The start of the job's instant of that number, which lasted half a second."""
    plan = T + 1000 * number
    made = Start(
        f"{JOB}@{plan}", JOB, plan, 100 + number, 7000 + number, number + 0.01, ended=number + 0.5
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def record(number: int, outcome: str = "success", **changes: object) -> Record:
    """The record of that instant."""
    plan = T + 1000 * number
    run_id = f"{JOB}@{plan}"
    made = Record(run_id, JOB, plan, outcome, output=f"{run_id}\n", reason="as made up")
    return replace(made, **changes)  # type: ignore[arg-type]


def gap(first: int, last: int, count: int) -> Record:
    """One record for the instants between and with two numbers."""
    return record(last, "missed", run_id="gap", gap=(T + 1000 * first, T + 1000 * last, count))


def good(**changes: object) -> Case:
    """A job each second for ten seconds, each instant run and recorded."""
    made = Case(
        boot_ms=T,
        now=T + 20_000,
        promises=(Promise(JOB, 1000, T, T, T + 10_000, T + 10_100),),
        starts=[start(number) for number in range(1, 11)],
        records=[record(number) for number in range(1, 11)],
        tables={"w0": {JOB: 5}, "w1": {JOB: 5}},
        jobs={JOB: 5},
        usage=(Usage("w0", "threads", 20, 20, 2), Usage("w0", "cpu", 1.0, 1.1, 0.4)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_good_day_has_no_violation() -> None:
    assert check(good()) == []


def changed(number: int, **changes: object) -> Callable[[], Case]:
    """The good day with one start changed."""

    def made() -> Case:
        case = good()
        starts = [start(number, **changes) if s == start(number) else s for s in case.starts]
        return replace(case, starts=starts)

    return made


def more(*starts: Start, **changes: object) -> Callable[[], Case]:
    """The good day with more starts, or other evidence."""
    return lambda: good(starts=[*good().starts, *starts], **changes)


def recorded(*records: Record, instead_of: tuple[int, ...] = ()) -> Callable[[], Case]:
    """The good day with more records, or with others instead of some."""
    kept = [record(number) for number in range(1, 11) if number not in instead_of]
    return lambda: good(records=[*kept, *records])


def without(*numbers: int, records: tuple[Record, ...] = ()) -> Callable[[], Case]:
    """The good day without some instants' starts, and with these records instead of theirs."""
    kept = [number for number in range(1, 11) if number not in numbers]
    return lambda: good(starts=[*map(start, kept)], records=[*map(record, kept), *records])


BROKEN = {
    "a run started twice": ("I1", more(start(3, pid=9, began=3.6, ended=3.7))),
    "an instant run under two ids": ("I1", more(start(3, run_id="tick@x", began=3.6, ended=3.7))),
    "a start at no due instant": ("I1", changed(3, plan=T + 3500)),
    "a start after the deletion": ("I1", more(start(12))),
    "two runs side by side by their words": ("I2", changed(3, ended=4.3)),
    "two runs side by side by the lock": ("I2", changed(3, alone=False)),
    "a run beside one that never ended": (
        "I2",
        lambda: good(
            starts=[start(n, ended=None if n == 3 else n + 0.5, alone=n != 4) for n in range(1, 11)]
        ),
    ),
    "a start in a fault by a clock that is far ahead": (
        "I3",
        lambda: replace(
            changed(3, began=0.9, ended=0.95)(), faults=[Fault("a clock is off", T + 500, T + 5500)]
        ),
    ),
    "an instant without start and record": ("I3", without(4)),
    "an instant of healthy time that was skipped": (
        "I3",
        without(4, records=(record(4, "missed"),)),
    ),
    "an instant skipped without a reason": (
        "I3",
        without(4, records=(record(4, "missed", reason=""),)),
    ),
    "a start that was late": ("I3", changed(3, began=5.9, ended=5.95, alone=True)),
    "a start before its instant": ("I3", changed(3, began=2.8)),
    "a start without a record": ("I4", recorded(instead_of=(5,))),
    "a start that is recorded as missed": ("I4", recorded(record(5, "missed"), instead_of=(5,))),
    "a success that nobody saw": ("I4", without(5, records=(record(5),))),
    "a record without a known outcome": ("I4", recorded(record(5, "fine"), instead_of=(5,))),
    "an instant with two records": ("I4", recorded(record(5, "lost", run_id="tick@5"))),
    "a gap that counts wrongly": ("I4", without(4, 5, records=(gap(4, 5, 3),))),
    "a gap over instants that ran": ("I4", without(4, records=(gap(4, 5, 2),))),
    "a run that is still owed": ("I4", lambda: good(owed=("/cron/runs/tick/tick@1",))),
    "a table with an old revision": ("I5", lambda: good(tables={"w0": {JOB: 4}})),
    "a table with a job that is gone": ("I5", lambda: good(tables={"w0": {JOB: 5, "x": 3}})),
    "a table without a job": ("I5", lambda: good(tables={"w0": {}})),
    "threads that grow": ("I6", lambda: good(usage=(Usage("w0", "threads", 20, 23, 2),))),
    "a process that outlives its run": ("I7", lambda: good(living={4711: f"{JOB}@{T + 3000}"})),
    "a record that is there twice": ("I8", recorded(record(5))),
    "a record with another run's output": (
        "I8",
        recorded(record(5, output="tick@1\n"), instead_of=(5,)),
    ),
    "more starts than instants": (
        "I9",
        more(*[start(10, run_id=f"x{n}", began=10.5 + n / 100) for n in range(9)]),
    ),
    "a daemon that spins": ("I9", lambda: good(usage=(Usage("w0", "cpu", 1.0, 9.0, 0.4),))),
    "a success without its output long before a fault": (
        "I8",
        lambda: good(
            records=[*map(record, range(2, 11)), record(1, output="", finished=T + 1500)],
            faults=[Fault("darkness", T + 9000, T + 9500)],
        ),
    ),
    "a fence that falls": ("I10", changed(3, fence=90)),
    "a fence that two runs share": ("I10", changed(3, fence=102)),
}


@pytest.mark.parametrize(("invariant", "case"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found(invariant: str, case: Callable[[], Case]) -> None:
    assert invariant in {violation.invariant for violation in check(case())}


FORGIVEN = {
    "an overlap that is allowed": lambda: replace(
        changed(3, ended=4.3, alone=True)(),
        promises=[replace(good().promises[0], overlap="allow")],
    ),
    "an overlap with a run that is marked as lost": lambda: good(
        starts=[start(n, ended=None if n == 3 else n + 0.5, alone=n != 4) for n in range(1, 11)],
        records=[record(n, "lost" if n == 3 else "success", marked=n == 3) for n in range(1, 11)],
    ),
    "a start that sees a lost run's process after its last word": lambda: good(
        starts=[start(n, ended=4.0 if n == 3 else n + 0.5, alone=n != 4) for n in range(1, 11)],
        records=[record(n, marked=n == 3) for n in range(1, 11)],
    ),
    "an overlap with a lost run, after another that was killed": lambda: good(
        starts=[
            start(n, ended=None if n in (1, 3) else n + 0.5, alone=n != 4) for n in range(1, 11)
        ],
        records=[
            record(n, {1: "killed", 3: "lost"}.get(n, "success"), marked=n == 3)
            for n in range(1, 11)
        ],
        orders=[Order(KILL, JOB, T + 1200, T + 1300)],
    ),
    "starts in a fault by a clock that is ahead": lambda: good(
        starts=[start(n, began=n - 1.4, ended=n - 1.3) for n in range(1, 11)],
        faults=[Fault("a clock is off", T + 500, T + 10_500)],
    ),
    "a lateness during a fault": lambda: replace(
        without(4, 5, records=(gap(4, 5, 2),))(),
        faults=[Fault("darkness", T + 3500, T + 5500)],
    ),
    "an instant skipped because the run before it was alive": lambda: good(
        starts=[start(n, ended=n + (1.4 if n == 3 else 0.5)) for n in range(1, 11) if n != 4],
        records=[record(n, "skipped_overlap" if n == 4 else "success") for n in range(1, 11)],
    ),
    "a start that was claimed before the deletion, by a worker that was cut off": lambda: good(
        starts=[*good().starts, start(11)],
        records=[*good().records, record(11)],
        faults=[Fault("darkness", T + 10_500, T + 12_000)],
        promises=[Promise(JOB, 1000, T, T, T + 10_700, T + 10_800)],
    ),
    "a success without its output, of a run that lasted into a fault": lambda: good(
        starts=[start(n, ended=n + 0.9) for n in range(1, 11)],
        records=[
            record(
                n, output="" if n == 10 else f"{JOB}@{T + n * 1000}\n", finished=T + 1000 * n + 900
            )
            for n in range(1, 11)
        ],
        faults=[Fault("darkness", T + 12_500, T + 13_000)],
    ),
    "a retry of an instant": lambda: good(
        promises=[replace(good().promises[0], retries=1)],
        starts=[
            *good().starts,
            start(10, run_id=f"{JOB}@{T + 10_000}+1", began=10.6, ended=10.7, fence=111),
        ],
        records=[
            *map(record, range(1, 10)),
            record(10, "failed"),
            record(10, run_id=f"{JOB}@{T + 10_000}+1", output=f"{JOB}@{T + 10_000}+1\n"),
        ],
    ),
}


@pytest.mark.parametrize("case", FORGIVEN.values(), ids=FORGIVEN)
def test_what_the_rules_allow_is_no_violation(case: Callable[[], Case]) -> None:
    found = [violation for violation in check(case()) if "without a trace" not in violation.what]
    assert found == []
