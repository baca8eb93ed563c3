"""Invariants of what was asked for beside the schedule: runs at once, and kills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.faults.evidence import Case, Record, Violation
from tests.faults.orders import KILL, RUN, Order
from tests.faults.promise import FOR_EVER
from tests.faults.run_names import named

ROUNDED_MS = 20
"""Boot times are told in hundredths of a second."""
SETTLING_MS = 5000
"""What was asked for so late may be under way still."""


def run_as_asked(case: Case) -> Iterator[Violation]:
    """I4 and I1: what was accepted has its record, and nothing is run that nobody asked for."""
    runs = [order for order in case.orders if order.what == RUN]
    recorded = {record.run_id for record in case.records}
    for order in runs:
        settled = order.answered is not None and order.answered < case.now - SETTLING_MS
        for run_id in sorted(set(order.runs) - recorded) if settled else ():
            yield Violation("I4", run_id, "was accepted and has no record")
    known = {run_id for order in runs for run_id in order.runs}
    ids = {start.run_id: start.job for start in case.starts}
    ids.update({record.run_id: record.job for record in case.records if record.gap is None})
    strange = {
        run_id: job
        for run_id, job in ids.items()
        if named(run_id).manual and not named(run_id).attempt and run_id not in known
    }
    unanswered = Counter(order.job for order in runs if order.answered is None)
    for run_id, job in sorted(strange.items()):
        if not unanswered[job]:
            yield Violation("I1", run_id, "was run by hand, and nobody asked for it")


def killed_as_asked(case: Case) -> Iterator[Violation]:
    """I4 and I7: what is said to be dead is, and a kill ends only the runs that it means."""
    kills = [order for order in case.orders if order.what == KILL]
    dead = {run_id: order for order in kills for run_id in order.runs}
    for start in case.starts:
        answered = dead[start.run_id].answered if start.run_id in dead else None
        if answered is None:
            continue
        if case.instant(start.began) > answered + ROUNDED_MS:
            yield Violation("I1", start.run_id, "was started after it was said to be dead")
        elif start.ended is not None and case.instant(start.ended) > answered + ROUNDED_MS:
            yield Violation("I7", start.run_id, "lived on after it was said to be dead")
    for record in case.records:
        if record.outcome == "killed" and not _was_to_be_killed(case, record, kills):
            yield Violation("I4", record.run_id, "was killed, and no kill meant it")


def _was_to_be_killed(case: Case, record: Record, kills: list[Order]) -> bool:
    promise = case.promise(record.job)
    if promise is None or promise.overlap == "replace":
        return True
    dropped = promise.dropped is not None and record.finished >= promise.dropped
    return (
        dropped
        or case.hurt(record.plan, record.finished)
        or any(means(case, order, record) for order in kills)
    )


def means(case: Case, order: Order, record: Record) -> bool:
    """Whether the run may have been claimed when the kill was asked for."""
    answered = FOR_EVER if order.answered is None else order.answered
    claimed = record.plan - case.ahead(record.plan)
    return order.job == record.job and order.only in ("", record.run_id) and claimed <= answered
