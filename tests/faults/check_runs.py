"""Invariants of single runs: once, alone, recorded once and truthfully, ended, fenced."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

from tests.faults.evidence import NEVER_RAN, RAN, Case, Violation
from tests.faults.witness import Start

K = TypeVar("K", bound=Hashable)
LONGEST_SECONDS = 120.0
"""No job of a bench lasts as long, with the time in which its host may be frozen."""


def first_attempt(run_id: str) -> str:
    """The run id without the number of its retry."""
    base, plus, number = run_id.rpartition("+")
    return base if plus and number.isdigit() else run_id


def started_once(case: Case) -> Iterator[Violation]:
    """I1: at most one start per run, one run per due instant, and none that is not due."""
    for run_id, count in _repeated(start.run_id for start in case.starts):
        yield Violation("I1", run_id, f"started {count} times")
    runs = {start.run_id: start for start in case.starts}.values()
    instants = Counter(
        (run.job, run.plan) for run in runs if first_attempt(run.run_id) == run.run_id
    )
    for (job, plan), count in instants.items():
        if count > 1:
            yield Violation("I1", job, f"{count} runs of the instant {plan}")
    for start in case.starts:
        promise = case.promise(start.job)
        if promise and not promise.may_be_due(start.plan, case.slack(start.plan)):
            yield Violation("I1", start.run_id, "was started and is no due instant of the job")


def ran_alone(case: Case) -> Iterator[Violation]:
    """I2: runs of a job do not overlap, but for one that is marked as lost."""
    marked = {record.run_id for record in case.records if record.marked}
    for job, starts in _by_job(case.starts).items():
        promise = case.promise(job)
        if promise and promise.overlaps:
            continue
        for number, start in enumerate(starts):
            others = [other for other in starts[:number] if _may_live(other, start)]
            excused = [other for other in others if other.run_id in marked]
            sure = [o for o in others if o.ended is not None and o not in excused]
            if sure or not (start.alone or any(_is_near(other, start) for other in excused)):
                beside = [other.run_id for other in sure or others if other not in excused]
                yield Violation("I2", start.run_id, f"started beside {beside or 'an unknown run'}")


def _is_near(earlier: Start, start: Start) -> bool:
    """Whether one that never said that it ended is still a likely neighbour."""
    return earlier.ended is not None or start.began - earlier.began < LONGEST_SECONDS


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
    for (job, plan), count in _repeated(
        (record.job, record.plan)
        for record in case.records
        if record.gap is None and first_attempt(record.run_id) == record.run_id
    ):
        yield Violation("I4", job, f"{count} records of the instant {plan}")
    for key in case.owed:
        yield Violation("I4", key, "is still owed")


def gaps_are_true(case: Case) -> Iterator[Violation]:
    """I4: a gap counts every instant in it, and none that was accounted for by itself."""
    own: dict[str, set[int]] = defaultdict(set)
    for start in case.starts:
        own[start.job].add(start.plan)
    for record in case.records:
        if record.gap is None:
            own[record.job].add(record.plan)
    for record in case.records:
        promise = case.promise(record.job)
        if record.gap is None or promise is None:
            continue
        first, last, count = record.gap
        step = promise.every_ms
        if (last - first) % step or count != (last - first) // step + 1:
            yield Violation("I4", record.run_id, f"counts {count} instants each {step} ms")
        twice = sorted(plan for plan in own[record.job] if first <= plan <= last)
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
    """I10: the fences of a job strictly rise from start to start."""
    for job, starts in _by_job(case.starts).items():
        promise = case.promise(job)
        if promise and promise.overlaps:
            starts = sorted(starts, key=lambda start: start.plan)
        for earlier, later in pairwise(starts):
            if later.run_id != earlier.run_id and later.fence <= earlier.fence:
                what = f"has the fence {later.fence} after {earlier.fence} of {earlier.run_id}"
                yield Violation("I10", later.run_id, what)


def _by_job(starts: Iterable[Start]) -> dict[str, list[Start]]:
    """The starts of each job in the order in which they began."""
    jobs: dict[str, list[Start]] = defaultdict(list)
    for start in sorted(starts, key=lambda start: (start.began, start.plan)):
        jobs[start.job].append(start)
    return jobs


def _repeated(items: Iterable[K]) -> list[tuple[K, int]]:
    return [(item, count) for item, count in Counter(items).items() if count > 1]
