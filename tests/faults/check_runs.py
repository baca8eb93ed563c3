"""Invariants of single runs: once, alone, recorded once and truthfully, ended, fenced."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

from tests.faults.evidence import NEVER_RAN, RAN, Case, Violation
from tests.faults.run_names import named
from tests.faults.witness import Start

K = TypeVar("K", bound=Hashable)
LONGEST_SECONDS = 120.0
"""No job of a bench lasts as long, with the time in which its host may be frozen."""
LAST_SECONDS = 0.2
"""So long after its last word a run's process may live, on a busy machine."""


def started_once(case: Case) -> Iterator[Violation]:
    """I1: at most one start per run, one run per due instant, and none that is not due."""
    for run_id, count in _repeated(start.run_id for start in case.starts):
        yield Violation("I1", run_id, f"started {count} times")
    runs = {start.run_id: start for start in case.starts}.values()
    instants = [(run.unit, run.plan) for run in runs if named(run.run_id).scheduled]
    for (unit, plan), count in _repeated(instants):
        yield Violation("I1", unit, f"{count} runs of the instant {plan}")
    for start in case.starts:
        promise = case.promise(start.job)
        if promise is None or named(start.run_id).manual:
            continue
        if not promise.may_be_due(start.plan, case.slack(start.plan), case.ahead(start.plan)):
            yield Violation("I1", start.run_id, "was started and is no due instant of the job")


def ran_alone(case: Case) -> Iterator[Violation]:
    """I2: runs of a unit do not overlap, but for one that is marked as lost."""
    marked = {record.run_id for record in case.records if record.marked}
    for starts in by_unit(case.starts).values():
        promise = case.promise(starts[0].job)
        if promise and promise.overlaps:
            continue
        for number, start in enumerate(starts):
            others = [other for other in starts[:number] if _may_live(other, start)]
            excused = [o for o in starts[:number] if o.run_id in marked and _is_near(o, start)]
            sure = [o for o in others if o.ended is not None and o.run_id not in marked]
            if sure or not (start.alone or excused):
                beside = [o.run_id for o in sure or others if o.run_id not in marked]
                yield Violation("I2", start.run_id, f"started beside {beside or 'an unknown run'}")


def _is_near(earlier: Start, start: Start) -> bool:
    """Whether the start may have seen it: a process lives a little longer than its last word.

    One that never said that it ended is a likely neighbour for as long as a job lasts.
    """
    if earlier.ended is not None:
        return earlier.run_id != start.run_id and earlier.ended > start.began - LAST_SECONDS
    return start.began - earlier.began < LONGEST_SECONDS


def _may_live(earlier: Start, start: Start) -> bool:
    """Whether the earlier run may be alive when the other starts, by its own words."""
    return earlier.run_id != start.run_id and (
        earlier.ended is None or earlier.ended > start.began + 0.011
    )


def recorded_once(case: Case) -> Iterator[Violation]:
    """I4: a start has one record, and an instant has one; records tell the truth."""
    records = {record.run_id: record for record in case.records}
    for start in {start.run_id: start for start in case.starts}.values():
        record = records.get(start.run_id)
        if record is None:
            yield Violation("I4", start.run_id, "was started and has no record")
        elif record.outcome not in RAN:
            yield Violation("I4", start.run_id, f"was started; its record says {record.outcome}")
    ended = {start.run_id for start in case.starts if start.ended is not None}
    for record in case.records:
        if record.outcome == "success" and record.run_id not in ended:
            yield Violation("I4", record.run_id, "has a success that no witness saw")
        if record.outcome not in RAN | NEVER_RAN:
            yield Violation("I4", record.run_id, f"has the outcome {record.outcome!r}")
    for (unit, plan), count in _repeated(
        (record.unit, record.plan)
        for record in case.records
        if record.gap is None and named(record.run_id).scheduled
    ):
        yield Violation("I4", unit, f"{count} records of the instant {plan}")
    for key in case.owed:
        yield Violation("I4", key, "is still owed")


def gaps_are_true(case: Case) -> Iterator[Violation]:
    """I4: a gap counts every instant in it, and none that was accounted for by itself."""
    own = accounted(case)
    for record in case.records:
        promise = case.promise(record.job)
        if record.gap is None or promise is None:
            continue
        first, last, count = record.gap
        if count not in promise.counts(first, last):
            yield Violation("I4", record.run_id, f"counts {count} instants to {last}")
        twice = sorted(plan for plan in own[record.unit] if first <= plan <= last)
        if twice:
            yield Violation("I4", record.run_id, f"covers {twice}, which are accounted for")


def nothing_left_alive(case: Case) -> Iterator[Violation]:
    """I7: of a run that has ended no process is alive."""
    over = {record.run_id for record in case.records}
    for pid, run_id in case.living.items():
        if run_id in over:
            yield Violation("I7", run_id, f"is recorded, and its process {pid} is alive")


def logs_are_whole(case: Case) -> Iterator[Violation]:
    """I8: each record is there once, under its run id, with the output of that run.

    A worker that died with the output leaves a record without one.
    """
    for run_id, count in _repeated(record.run_id for record in case.records):
        yield Violation("I8", run_id, f"{count} records")
    for record in case.records:
        allowed = {f"{record.run_id}\n", *([""] if case.hurt(record.plan, record.finished) else [])}
        if record.outcome == "success" and record.output not in allowed:
            yield Violation("I8", record.run_id, f"has the output {record.output[:80]!r}")


def fences_rise(case: Case) -> Iterator[Violation]:
    """I10: the fences of a unit strictly rise from start to start."""
    for starts in by_unit(case.starts).values():
        promise = case.promise(starts[0].job)
        if promise and promise.overlaps:
            scheduled = (start for start in starts if named(start.run_id).scheduled)
            starts = sorted(scheduled, key=lambda start: start.plan)
        for earlier, later in pairwise(starts):
            if later.run_id != earlier.run_id and later.fence <= earlier.fence:
                what = f"has the fence {later.fence} after {earlier.fence} of {earlier.run_id}"
                yield Violation("I10", later.run_id, what)


def by_unit(starts: Iterable[Start]) -> dict[str, list[Start]]:
    """The starts of each unit in the order in which they began."""
    units: dict[str, list[Start]] = defaultdict(list)
    for start in sorted(starts, key=lambda start: (start.began, start.plan)):
        units[start.unit].append(start)
    return units


def accounted(case: Case) -> dict[str, set[int]]:
    """The instants of each unit that were started or recorded by themselves."""
    own: dict[str, set[int]] = defaultdict(set)
    for start in case.starts:
        if named(start.run_id).scheduled:
            own[start.unit].add(start.plan)
    for record in case.records:
        if record.gap is None and named(record.run_id).scheduled:
            own[record.unit].add(record.plan)
    return own


def _repeated(items: Iterable[K]) -> list[tuple[K, int]]:
    return [(item, count) for item, count in Counter(items).items() if count > 1]
