"""Instants that were missed, or claimed and not started, told with who was the cause."""

from __future__ import annotations

from collections.abc import Collection

from common.changes import CHANGED, CREATED, DELETED, PAUSED, RESUMED, JobChange
from common.instants import instant
from common.record import NO_SLOT, NO_WORKER, sentence
from master.names import in_a_row
from master.why_answer import Answer, answer, because, by
from master.why_facts import Facts
from master.why_runs import Happening
from master.why_workers import eligible, full, obstacle

CODES = {NO_SLOT: "no_slot", NO_WORKER: "no_worker"}
EDITS = {
    "deleted": ("missed_deleted", {DELETED}),
    "paused": ("missed_paused", {PAUSED}),
    "changed": ("missed_changed", {CHANGED, PAUSED, RESUMED, CREATED}),
    "no longer to run there": ("missed_changed", {CHANGED}),
}
"""What a reason says of the job, the cause that it is, and the kinds of changes that bring it."""
NOT_STARTED = {
    "kill": "killed_before_start",
    "deleted": "not_started_deleted",
    "paused": "not_started_paused",
    "lease": "not_started_lease",
    "deadline": "not_started_deadline",
}
WHAT_TO_DO = {
    "no_slot": "Give the workers more slots, or the job a longer startDeadlineSeconds.",
    "missed_late": "A longer startDeadlineSeconds or catchUp makes up for such absences.",
}


def tell_missed(facts: Facts, last: Happening) -> Answer:
    """That it was missed: alone or in a gap, why, and by whose change if it was one."""
    record = last.record
    told = record.err if record.reason in CODES else ""  # of a code it is the sentence
    why = told or sentence(record.reason) or record.err or "no reason is recorded"
    cause, kinds = _cause(record.reason)
    alone = not last.is_gap or record.gap_count == 1
    still, *evidence = (
        _still(facts) if cause in CODES.values() else ["", _change(facts, last, kinds)]
    )
    first = f"It was missed{_span(facts, last)}: {why}{still}."
    return answer(cause if alone else f"{cause}_gap", first, *evidence, WHAT_TO_DO.get(cause, ""))


def _span(facts: Facts, last: Happening) -> str:
    """With how many others it was missed; "" for one that was missed alone."""
    record = last.record
    if not last.is_gap or record.gap_count == 1:
        return ""
    first, end = (instant(at, facts.zone) for at in (record.gap_from, record.gap_to))
    return f" with the {record.gap_count} due instants from {first} to {end}"


def _still(facts: Facts) -> list[str]:
    """Whether there is no worker for it now either, as the end of a sentence; then the evidence."""
    job = facts.job
    if job is None:
        return [""]
    why = obstacle(job, facts.workers) or full(job, facts.workers)
    if why is None:
        names = in_a_row(each.name for each in eligible(job, facts.workers))
        return ["", f"Now there are such: {names}."]
    first = why.sentences[0].rstrip(".")
    return [f"; nor is there now: {first[0].lower()}{first[1:]}", *why.sentences[1:]]


def tell_not_started(facts: Facts, last: Happening) -> Answer:
    """That it was claimed and did not start, and why."""
    record = last.record
    why = record.reason or record.err.removeprefix("not started: ") or "no reason is recorded"
    cause = next((code for word, code in NOT_STARTED.items() if word in why), "not_started")
    where = f" by {record.worker}" if record.worker else ""
    kinds = {DELETED} if "deleted" in cause else {PAUSED} if "paused" in cause else set()
    said = f"It was claimed{where} but not started: {why}."
    return answer(cause, said, _change(facts, last, kinds))


def _cause(reason: str) -> tuple[str, Collection[str]]:
    if reason in CODES:
        return CODES[reason], ()
    for word, (cause, kinds) in EDITS.items():
        if f"the job was {word}" in reason:  # by us, or as a worker saw it done by hand
            return cause, kinds
    return "missed_late", ()


def _change(facts: Facts, last: Happening, kinds: Collection[str]) -> str:
    """A sentence on the first change of these kinds after what was missed; "" for none."""
    since = last.record.gap_to or last.record.plan_time
    found = (each for each in facts.changes if each.at >= since and each.what in kinds)
    change = next(found, None)
    return tell_change(facts, change) if change else ""


def tell_change(facts: Facts, change: JobChange) -> str:
    """A sentence on who changed the job, when and what of it."""
    when, who = instant(change.at, facts.zone), by(change.by)
    fields = f" ({in_a_row(change.fields)})" if change.fields and change.what == CHANGED else ""
    reason = because(change.reason) if change.what == PAUSED else ""
    return f"The job was {change.what} at {when}{who}{fields or reason}."
