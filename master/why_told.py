"""What became of an instant, told: of the attempts of one share, the last one names the cause."""

from __future__ import annotations

from collections.abc import Sequence

from common import keys, lock
from common.instants import duration, instant
from common.owed import RUNNING, WAITING
from common.record import (
    COULD_NOT_START,
    FAILED,
    KILLED,
    LOST,
    MISSED,
    NOT_STARTED,
    OOM,
    RAN_ELSEWHERE,
    SKIPPED_OVERLAP,
    SUCCESS,
    TIMEOUT,
    UNKNOWN,
    JobLog,
    beside,
    cause_of,
    explained,
)
from master.why_answer import Answer, answer
from master.why_facts import Facts
from master.why_missed import tell_missed, tell_not_started
from master.why_runs import Happening

LATE_MS = 5000
SAID = {
    FAILED: "It ran{where} and failed: {why}.",
    TIMEOUT: "It ran{where} and was ended by its time limit: {why}.",
    OOM: "It ran{where} and was ended by the kernel: {why}.",
    COULD_NOT_START: "It could not be started{where}: {why}.",
    LOST: "It was lost{where}: {why}.",
    UNKNOWN: "Nobody knows whether it ran: {why}.",
    SKIPPED_OVERLAP: "It was skipped, since an earlier run overlapped: {why}.",
    RAN_ELSEWHERE: "It was left to the Go system: {why}.",
}
"""The first sentence on what ended so."""


def tell(facts: Facts, attempts: Sequence[Happening]) -> Answer:
    """The answer about one share's attempts, first attempt first; the last is the cause."""
    last = attempts[-1]
    earlier = [each for each in attempts if each.name.attempt < last.name.attempt]
    told = _told(facts, last, earlier).more(*(_attempt(facts, each) for each in earlier))
    stored = [each.run_id for each in attempts if each.stored]
    again = len(attempts) - len(earlier)
    twice = f"It has {again} records: workers of the Go system may run one instant more than once."
    told = told.more(*_marks(last), twice if again > 1 else "")
    return told.about((each.run_id for each in attempts), stored)


def _told(facts: Facts, last: Happening, earlier: Sequence[Happening]) -> Answer:
    if last.state == RUNNING:
        return _running(facts, last)
    if last.state == WAITING:
        return _waiting_retry(facts, last, earlier) if last.name.attempt else _waiting(facts, last)
    record = last.record
    outcome = _outcome(record)
    if outcome == SUCCESS:
        return _ran(facts, last, len(earlier))
    if outcome == MISSED:
        return tell_missed(facts, last)
    if outcome == NOT_STARTED:
        return tell_not_started(facts, last)
    if outcome == KILLED:
        return _killed(facts, last)
    where = _on(record)
    why = beside(outcome, explained(record.err, record.reason))
    said = SAID.get(outcome, "It ended{where} as {outcome}: {why}.")
    first = said.format(where=where, outcome=outcome, why=why or "no reason is known")
    return answer(outcome, first, _times(facts, record))


def _on(record: JobLog) -> str:
    """Where it was, as a part of a sentence; "" where that is not known."""
    return f" on {record.worker}" if record.worker else ""


def _running(facts: Facts, last: Happening) -> Answer:
    record, where = last.record, last.holder
    if facts.is_gone(last):
        gone = f"It is lost: it was running on {where}, whose lease has ended."
        return answer(LOST, gone, "Another worker is about to record that.")
    if record.start_time != record.plan_time:
        since = f" since {instant(record.start_time, facts.zone)}"
        return answer("running", f"It is running on {where}{since}.")
    for_what = f" for {instant(record.plan_time, facts.zone)}"
    return answer("running", f"It is running on {where}, or about to start: claimed{for_what}.")


def _waiting(facts: Facts, last: Happening) -> Answer:
    holding = _holding(facts, last.name.unit)
    if holding:
        said = f"It waits for {holding}, which still runs (overlap {_overlap(facts)})."
    else:
        said = "It waits for its turn: nothing holds the job any more."
    return answer("waiting", said, _has(facts, last))


def _has(facts: Facts, last: Happening) -> str:
    if facts.is_gone(last):
        return f"The lease of {last.holder}, which had it, has ended: another worker takes it over."
    return f"{last.holder} has it and starts it then."


def _holding(facts: Facts, unit: str) -> str:
    """The run that holds the unit's lock; "" where it is free."""
    entry = facts.locks.get(unit)
    if entry is None:
        return ""
    return lock.run_of(unit, entry.value) or "a run of a worker of the Go system"


def _overlap(facts: Facts) -> str:
    return facts.job.overlap if facts.job else "queue"


def _waiting_retry(facts: Facts, last: Happening, earlier: Sequence[Happening]) -> Answer:
    before = earlier[-1].record if earlier else None
    delay = last.delay_ms or 0
    which = _which(facts, last)
    begin = f"It {_short(before)}, and {which}" if before else which.capitalize()
    until = before.end_time + delay if before else None
    if until is not None and until < facts.now:
        holding = _holding(facts, last.name.unit)
        what = f"for {holding}, which still runs" if holding else "for its turn"
        return answer("retry_waits", f"{begin} waits {what}.", _has(facts, last))
    when = f": until about {instant(until, facts.zone)}" if until else ""
    said = f"{begin} waits {duration(delay)}{when}."
    return answer("retry_waits", said, _has(facts, last))


def _ran(facts: Facts, last: Happening, failed: int) -> Answer:
    record = last.record
    where = _on(record)
    if failed:
        tries = "1 attempt that did not" if failed == 1 else f"{failed} attempts that did not"
        first = f"It ran{where}: {_which(facts, last)} succeeded, after {tries}."
        return answer("retried", first, _times(facts, record))
    late = record.start_time - record.plan_time
    if record.trigger == "catch-up":
        first = f"It was caught up{where}: it ran with success, {duration(late)} after its time."
        return answer("caught_up", first, _times(facts, record))
    delayed = f", {duration(late)} late" if late > LATE_MS else ""
    asked = f" (run by hand by {record.by})" if record.by else ""
    return answer("success", f"It ran{where}{delayed}: success{asked}.", _times(facts, record))


def _killed(facts: Facts, last: Happening) -> Answer:
    record, later = last.record, _replacing(last)
    if later:
        first = f"It ran{_on(record)} and was replaced by {later} (overlap replace)."
        return answer("replaced", first, _times(facts, record))
    why = (record.reason or record.err).removeprefix("killed: ")
    return answer(KILLED, f"It ran{_on(record)} and was killed: {why}.", _times(facts, record))


def _replacing(last: Happening) -> str:
    """The run that took its place: it asked for the kill; "" for none."""
    asker = cause_of(last.record.reason).removeprefix("killed on request of ").rpartition(", ")[0]
    said = keys.read_run_id(last.name.job, asker)
    return asker if said is not None and said.unit == last.name.unit else ""


def _which(facts: Facts, each: Happening) -> str:
    """Which of the attempts it is, by the number in its run id."""
    number, most = each.name.attempt, facts.job.retries if facts.job else 0
    if not number:
        return "the first attempt"
    return f"retry {number} of {most}" if number <= most else f"retry {number}"


def _attempt(facts: Facts, each: Happening) -> str:
    record = each.record
    ended = instant(record.end_time, facts.zone)
    where = _on(record)
    return f"{_which(facts, each).capitalize()}{where} {_short(record)}, at {ended}."


def _short(record: JobLog) -> str:
    why = explained(record.err, record.reason)
    return f"ended as {_outcome(record)}" + (f" ({why})" if why else "")


def _times(facts: Facts, record: JobLog) -> str:
    """When it ran, and for how long; "" for what was never started."""
    never = record.end_time <= record.plan_time and record.start_time == record.plan_time
    if never or record.outcome == COULD_NOT_START:
        return ""
    took = duration(max(record.end_time - record.start_time, 0))
    return f"It started at {instant(record.start_time, facts.zone)} and took {took}."


def _marks(last: Happening) -> list[str]:
    """What is to be said beside any outcome."""
    found = []
    if last.record.lost and last.record.outcome != LOST:
        found.append("Its worker was cut off meanwhile: another run may have been beside it.")
    if last.state not in (RUNNING, WAITING) and not last.stored:
        found.append("Its record is not in the log store yet; this is what the run's key says.")
    return found


def _outcome(record: JobLog) -> str:
    """Its outcome; the Go system's records say only whether there was an error."""
    return record.outcome or (FAILED if record.err else SUCCESS)
