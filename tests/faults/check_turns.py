"""Invariants of runs that wait for another's end, and of jobs that rest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.faults.check_runs import by_unit
from tests.faults.evidence import Case, Violation
from tests.faults.run_names import named
from tests.faults.witness import Start

WAITS = ("queue", "replace")
CLAIMED_MS = 2500
"""So long after its instant a run has been claimed, in healthy time."""
HEARD_MS = 1000
"""So soon all workers have heard of a rest, in healthy time."""


def one_waits(case: Case) -> Iterator[Violation]:
    """I2: of the runs of a unit that wait for their turn there is one."""
    for starts in by_unit(case.starts).values():
        promise = case.promise(starts[0].job)
        if promise is None or promise.overlap not in WAITS:
            continue
        scheduled = [start for start in starts if named(start.run_id).scheduled]
        for number, start in enumerate(scheduled):
            began = int(case.instant(start.began))
            if case.hurt(start.plan, began):
                continue
            beside = [
                other.run_id
                for other in scheduled[number + 1 :]
                if start.plan < other.plan < began - CLAIMED_MS
            ]
            if beside and not case.late_excused(scheduled[number].plan):
                yield Violation("I2", start.run_id, f"waited beside {beside}")


def turns_are_taken(case: Case) -> Iterator[Violation]:
    """I3: a run that waits starts when the one before it has ended, in healthy time."""
    for starts in by_unit(case.starts).values():
        promise = case.promise(starts[0].job)
        if promise is None or promise.overlap not in WAITS:
            continue
        for before, start in pairwise(starts):
            if before.ended is None or named(start.run_id).attempt:
                continue
            since = max(case.instant(before.ended), start.plan)
            late = case.instant(start.began) - since
            if late > case.late_ms + case.apart_ms and not _is_excused(case, start):
                yield Violation("I3", start.run_id, f"took its turn after {late:.0f} ms")


def nothing_starts_at_rest(case: Case) -> Iterator[Violation]:
    """I1: while a job rests none of its runs is started, but those that somebody asks for."""
    for start in case.starts:
        promise = case.promise(start.job)
        if promise is None or named(start.run_id).manual:
            continue
        began = int(case.instant(start.began))
        if promise.resting(began - HEARD_MS, began) and not case.hurt(began):
            yield Violation("I1", start.run_id, "was started while the job rested")


def _is_excused(case: Case, start: Start) -> bool:
    began = int(case.instant(start.began))
    slow = any(spell.begun <= began and start.plan <= spell.healed for spell in case.slow)
    return slow or case.hurt(start.plan, began)
