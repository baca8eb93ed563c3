"""Invariants of due instants: none without a trace, those of healthy time on time, no storms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.evidence import Case, Promise, Violation
from tests.faults.witness import Start

MANY_MS = 5000
OFF_MS = 2000
"""A fault may be a clock that is so far off, as far as nobody can notice it."""


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How many instants lay in healthy time, and those of them that were not started in time."""

    healthy: int
    late: tuple[tuple[str, int, str], ...]

    @property
    def share(self) -> float:
        """The share that was started in time."""
        return 1.0 if not self.healthy else 1 - len(self.late) / self.healthy


def traces(case: Case) -> Iterator[Violation]:
    """I3: every due instant was started or is recorded, with a reason if it was not started."""
    accounted = _accounted(case)
    for promise in case.promises:
        missing = [p for p in promise.due(_settled(case)) if p not in accounted[promise.job]]
        if missing:
            what = f"{len(missing)} instants without a trace: {missing[:5]}"
            yield Violation("I3", promise.job, what)
    for record in case.records:
        if record.outcome in ("missed", "not_started", "skipped_overlap") and not record.reason:
            yield Violation("I3", record.run_id, f"{record.outcome} without a reason")
    for start in case.starts:
        early = start.plan - case.instant(start.began)
        off = OFF_MS if case.hurt(start.plan) else 0
        if early > case.early_ms + max(case.apart_ms, off):
            yield Violation("I3", start.run_id, f"started {early:.0f} ms before its instant")


def punctuality(case: Case) -> Punctuality:
    """I3's other half: what of healthy time was started within `late_ms`."""
    healthy, late = 0, []
    starts = _by_job(case)
    for promise in case.promises:
        mine = starts[promise.job]
        first = {start.plan: start for start in reversed(mine)}
        for plan in promise.due(_settled(case)):
            if case.late_excused(plan):
                continue
            healthy += 1
            why = _why_late(case, first.get(plan), plan)
            if why and not _overlapped(case, promise, mine, plan):
                late.append((promise.job, plan, why))
    return Punctuality(healthy, tuple(late))


def no_storms(case: Case) -> Iterator[Violation]:
    """I9: a job is not started more often than it has been due."""
    starts = _by_job(case)
    for promise in case.promises:
        mine = starts[promise.job]
        last = max((start.plan for start in mine), default=promise.asked)
        most = (last - promise.asked) // promise.every_ms + 1
        if len(mine) > most:
            yield Violation("I9", promise.job, f"{len(mine)} starts for {most} instants")


def _by_job(case: Case) -> dict[str, list[Start]]:
    found: dict[str, list[Start]] = defaultdict(list)
    for start in case.starts:
        found[start.job].append(start)
    return found


def _settled(case: Case) -> int:
    """Instants after this may be under way still."""
    return case.now - MANY_MS


def _why_late(case: Case, start: Start | None, plan: int) -> str:
    if start is None:
        found = [r.outcome for r in case.records if r.plan == plan and r.gap is None]
        return f"not started: {', '.join(sorted(set(found))) or 'no record of its own'}"
    late = case.instant(start.began) - plan
    return f"started {late:.0f} ms late" if late > case.late_ms + case.apart_ms else ""


def _overlapped(case: Case, promise: Promise, mine: list[Start], plan: int) -> bool:
    """Whether another run of the job was alive at the instant, as its witness says."""
    return not promise.overlaps and any(
        case.instant(start.began) <= plan + case.late_ms + case.apart_ms
        and (start.ended is None or case.instant(start.ended) >= plan - case.apart_ms)
        for start in mine
        if start.plan < plan
    )


def _accounted(case: Case) -> dict[str, set[int]]:
    """The instants of each job that were started or recorded."""
    found: dict[str, set[int]] = defaultdict(set)
    for start in case.starts:
        found[start.job].add(start.plan)
    for record in case.records:
        promise = case.promise(record.job)
        if record.gap is None:
            found[record.job].add(record.plan)
        elif promise:
            first, last, _ = record.gap
            found[record.job].update(range(first, last + 1, promise.every_ms))
    return found
