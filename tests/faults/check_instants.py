"""Invariants of due instants: none without a trace, those of healthy time on time, no storms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.check_orders import means
from tests.faults.check_runs import accounted, by_unit
from tests.faults.evidence import Case, Violation
from tests.faults.orders import KILL
from tests.faults.promise import Promise
from tests.faults.run_names import named
from tests.faults.witness import Start

MANY_MS = 5000


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
    own, gaps = accounted(case), _gaps(case)
    for promise in case.promises:
        for unit in promise.units:
            missing = [
                plan
                for plan in promise.due(_settled(case))
                if plan not in own[unit]
                and not case.at_rest(unit, plan)
                and not any(first <= plan <= last for first, last in gaps[unit])
            ]
            if missing:
                what = f"{len(missing)} instants without a trace: {missing[:5]}"
                yield Violation("I3", unit, what)
    for record in case.records:
        if record.outcome in ("missed", "not_started", "skipped_overlap") and not record.reason:
            yield Violation("I3", record.run_id, f"{record.outcome} without a reason")
    for start in case.starts:
        early = start.plan - case.instant(start.began)
        if early > case.early_ms + case.off(start.plan):
            yield Violation("I3", start.run_id, f"started {early:.0f} ms before its instant")


def punctuality(case: Case) -> Punctuality:
    """I3's other half: what of healthy time was started within `late_ms`."""
    healthy, late = 0, []
    called_off = _called_off(case)
    starts = by_unit(case.starts)
    for promise in case.promises:
        for unit in promise.units:
            mine = starts.get(unit, [])
            first = {s.plan: s for s in reversed(mine) if named(s.run_id).scheduled}
            for plan in promise.due(_settled(case)):
                excused = case.late_excused(plan) or promise.edited(plan)
                if excused or (unit, plan) in called_off:
                    continue
                healthy += 1
                why = _why_late(case, unit, first.get(plan), plan)
                if why and not _overlapped(case, promise, mine, plan):
                    late.append((unit, plan, why))
    return Punctuality(healthy, tuple(late))


def no_storms(case: Case) -> Iterator[Violation]:
    """I9: a unit is not started more often than it has been due."""
    starts = by_unit(start for start in case.starts if named(start.run_id).scheduled)
    for promise in case.promises:
        for unit in promise.units:
            mine = starts.get(unit, [])
            most = promise.most(max((start.plan for start in mine), default=promise.asked))
            if len(mine) > most:
                yield Violation("I9", unit, f"{len(mine)} starts for {most} instants")


def _settled(case: Case) -> int:
    """Instants after this may be under way still."""
    return case.now - MANY_MS


def _why_late(case: Case, unit: str, start: Start | None, plan: int) -> str:
    if start is None:
        mine = (r for r in case.records if r.unit == unit and r.gap is None)
        found = [r.outcome for r in mine if r.plan == plan]
        return f"not started: {', '.join(sorted(set(found))) or 'no record of its own'}"
    late = case.instant(start.began) - plan
    return f"started {late:.0f} ms late" if late > case.late_ms + case.apart_ms else ""


def _overlapped(case: Case, promise: Promise, mine: list[Start], plan: int) -> bool:
    """Whether another run of the unit was alive at the instant, as its witness says."""
    return not promise.overlaps and any(
        case.instant(start.began) <= plan + case.late_ms + case.apart_ms
        and (start.ended is None or case.instant(start.ended) >= plan - case.apart_ms)
        for start in mine
        if start.plan < plan or named(start.run_id).manual
    )


def _called_off(case: Case) -> set[tuple[str, int]]:
    """The instants whose run was killed before it began, or before it could bear witness."""
    kills = [order for order in case.orders if order.what == KILL]
    return {
        (record.unit, record.plan)
        for record in case.records
        if record.outcome in ("not_started", "killed")
        and any(means(case, kill, record) for kill in kills)
    }


def _gaps(case: Case) -> dict[str, list[tuple[int, int]]]:
    """The first and the last instants of each unit's gaps."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for record in case.records:
        if record.gap is not None:
            first, last, _ = record.gap
            found[record.unit].append((first, last))
    return found
