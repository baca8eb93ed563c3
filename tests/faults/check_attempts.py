"""Invariants of retries: only what failed is tried again, as often and as late as was asked."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.check_runs import by_unit
from tests.faults.evidence import Case, Record, Violation
from tests.faults.orders import KILL
from tests.faults.promise import Promise
from tests.faults.run_names import named

FAILURES = {"failed", "timeout", "could_not_start", "oom"}
EARLY_MS = 100
"""Boot times are told in hundredths, and a delay is counted from a moment after the end."""
AT_ONCE_MS = 2000
"""A kill that is asked for so shortly before or after a run's own end may have meant it."""
TAKEN_OVER_MS = 30_000
"""So long after its worker's death a lost run has been taken over, in a bench's leases."""
LATE_MS = 5000
"""So long before a job's deletion what fails is still tried again for sure."""


def later_attempts_follow_failures(case: Case) -> Iterator[Violation]:
    """I1: an attempt is the next one after a failure, and one of those that were asked for."""
    records = {record.run_id: record for record in case.records}
    seen = {start.run_id: start.job for start in case.starts}
    seen.update({record.run_id: record.job for record in case.records if record.gap is None})
    for run_id, job in seen.items():
        promise, attempt = case.promise(job), named(run_id).attempt
        if promise is None or not attempt:
            continue
        if attempt > promise.attempts:
            what = f"is attempt {attempt}, asked for were {promise.attempts}"
            yield Violation("I1", run_id, what)
        before = records.get(_attempt(run_id, attempt - 1))
        if before is None or not _is_tried_again(promise, before):
            outcome = before.outcome if before else "no record"
            yield Violation("I1", run_id, f"follows an attempt with {outcome}")
    yield from _too_early(case)


def nothing_is_given_up_early(case: Case) -> Iterator[Violation]:
    """I4: what failed and has attempts left is tried again, or a record says why not."""
    records = {record.run_id for record in case.records}
    for record in case.records:
        promise, attempt = case.promise(record.job), named(record.run_id).attempt
        if promise is None or record.gap is not None or not _is_sure(promise, record):
            continue
        following = _attempt(record.run_id, attempt + 1)
        if attempt < promise.attempts and following not in records:
            if _may_be_meant(case, promise, record):
                continue
            yield Violation("I4", record.run_id, f"{record.outcome}, and {following} has no record")


def _too_early(case: Case) -> Iterator[Violation]:
    """I3: attempts that began before their delay was over."""
    failed = {r.run_id for r in case.records if r.outcome in FAILURES and not r.marked}
    for starts in by_unit(case.starts).values():
        promise = case.promise(starts[0].job)
        ended = {start.run_id: start for start in starts if start.run_id in failed}
        for start in starts:
            attempt = named(start.run_id).attempt
            before = ended.get(_attempt(start.run_id, attempt - 1)) if attempt else None
            if promise is None or before is None or before.ended is None:
                continue
            waited = 1000 * (start.began - before.ended)
            if waited < promise.delay_ms - EARLY_MS:
                what = f"began {waited:.0f} ms after the failure, not {promise.delay_ms}"
                yield Violation("I3", start.run_id, what)


def _attempt(run_id: str, attempt: int) -> str:
    first = run_id.partition("+")[0]
    return f"{first}+{attempt}" if attempt else first


def _is_tried_again(promise: Promise, record: Record) -> bool:
    """Whether another attempt may follow: a run that is marked may have been taken for lost."""
    if record.outcome in FAILURES and promise.retries:
        return True
    return record.marked and promise.rerun_lost


def _is_sure(promise: Promise, record: Record) -> bool:
    """Whether another attempt must follow."""
    dropped = promise.dropped is not None and record.finished >= promise.dropped - LATE_MS
    if dropped or (record.marked and record.outcome != "lost"):
        return False
    if record.outcome == "lost":
        return promise.rerun_lost
    left = named(record.run_id).attempt < promise.retries
    return record.outcome in FAILURES and left


def _may_be_meant(case: Case, promise: Promise, record: Record) -> bool:
    """Whether a kill came in the moment in which it failed by itself: then it is not tried again.

    Somebody asked for it, or a later run that replaces. A lost run is meant until it is taken over.
    """
    heard = TAKEN_OVER_MS if record.outcome == "lost" else AT_ONCE_MS
    near = range(record.finished - AT_ONCE_MS, record.finished + heard)
    if any(
        order.what == KILL and order.job == record.job and order.only in ("", record.run_id)
        for order in case.orders
        if order.asked < near.stop and (order.answered or near.start) >= near.start
    ):
        return True
    later = (start.plan for start in case.starts if start.job == record.job)
    return promise.overlap == "replace" and any(
        plan > record.plan and plan in near for plan in later
    )
