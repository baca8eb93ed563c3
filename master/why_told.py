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
    RAN_ELSEWHERE,
    SKIPPED_OVERLAP,
    SUCCESS,
    TIMEOUT,
    UNKNOWN,
    JobLog,
)
from master.why_answer import Answer, answer
from master.why_facts import Facts
from master.why_missed import tell_missed, tell_not_started
from master.why_runs import Happening

LATE_MS = 5000


def tell(facts: Facts, attempts: Sequence[Happening]) -> Answer:
    """The answer about one share's attempts, first attempt first; the last is the cause."""
    last = attempts[-1]
    told = _told(facts, last, attempts[:-1])
    earlier = [_attempt(facts, each) for each in attempts[:-1]]
    stored = [each.run_id for each in attempts if each.stored]
    return told.more(*earlier, *_marks(last)).about((each.run_id for each in attempts), stored)


def _told(facts: Facts, last: Happening, earlier: Sequence[Happening]) -> Answer:
    if last.state == RUNNING:
        return _running(facts, last)
    if last.state == WAITING:
        return _waiting_retry(facts, last, earlier) if earlier else _waiting(facts, last)
    record = last.record
    match _outcome(record):
        case outcome if outcome == SUCCESS:
            return _ran(facts, last, len(earlier))
        case outcome if outcome == MISSED:
            return tell_missed(facts, last)
        case outcome if outcome == NOT_STARTED:
            return tell_not_started(facts, last)
    return answer(*_ended(facts, last, record), _times(facts, record))


def _running(facts: Facts, last: Happening) -> Answer:
    record = last.record
    since = f" since {instant(record.start_time, facts.zone)}"
    claimed = "" if record.start_time > record.plan_time else " (or about to start)"
    return answer("running", f"It is running on {last.holder}{since}{claimed}.")


def _waiting(facts: Facts, last: Happening) -> Answer:
    holding = _holding(facts, last.name.unit)
    if holding:
        said = f"It waits for {holding}, which still runs (overlap {_overlap(facts)})."
    else:
        said = "It waits for its turn: nothing holds the job any more."
    return answer("waiting", said, f"{last.holder} has it and starts it then.")


def _holding(facts: Facts, unit: str) -> str:
    """The run that holds the unit's lock; "" where it is free."""
    entry = facts.locks.get(unit)
    if entry is None:
        return ""
    return lock.run_of(unit, entry.value) or "a run of a worker of the Go system"


def _overlap(facts: Facts) -> str:
    return facts.job.overlap if facts.job else "queue"


def _waiting_retry(facts: Facts, last: Happening, earlier: Sequence[Happening]) -> Answer:
    before = earlier[-1].record
    delay = last.delay_ms or 0
    when = instant(before.end_time + delay, facts.zone)
    return answer(
        "retry_waits",
        f"It {_short(before)}, and attempt {last.name.attempt + 1} waits {duration(delay)}:"
        f" until about {when}.",
        f"{last.holder} has it.",
    )


def _ran(facts: Facts, last: Happening, failed: int) -> Answer:
    record = last.record
    where = f" on {record.worker}" if record.worker else ""
    if failed:
        tries = "1 attempt that did not" if failed == 1 else f"{failed} attempts that did not"
        first = f"It ran{where}: attempt {last.name.attempt + 1} succeeded, after {tries}."
        return answer("retried", first, _times(facts, record))
    late = record.start_time - record.plan_time
    if record.trigger == "catch-up":
        first = f"It was caught up{where}: it ran with success, {duration(late)} after its time."
        return answer("caught_up", first, _times(facts, record))
    delayed = f", {duration(late)} late" if late > LATE_MS else ""
    asked = f" (run by hand by {record.by})" if record.by else ""
    return answer("success", f"It ran{where}{delayed}: success{asked}.", _times(facts, record))


def _ended(facts: Facts, last: Happening, record: JobLog) -> tuple[str, str]:
    """The cause and the first sentence of what ended otherwise than well."""
    where = f" on {record.worker}" if record.worker else ""
    why = record.err or record.reason
    match _outcome(record):
        case outcome if outcome == FAILED:
            return FAILED, f"It ran{where} and failed: {why or 'no reason is known'}."
        case outcome if outcome == TIMEOUT:
            return TIMEOUT, f"It ran{where} and was ended by its time limit: {why}."
        case outcome if outcome == KILLED:
            return _killed(facts, last, where)
        case outcome if outcome == COULD_NOT_START:
            return (
                COULD_NOT_START,
                f"It could not be started{where}: {_plain(why, 'could not start: ')}.",
            )
        case outcome if outcome == LOST:
            return LOST, f"It was lost{_of(last)}: {_plain(why, 'lost: ') or 'it is gone'}."
        case outcome if outcome == UNKNOWN:
            return UNKNOWN, f"Nobody knows whether it ran: {_plain(why, 'unknown: ')}."
        case outcome if outcome == SKIPPED_OVERLAP:
            return SKIPPED_OVERLAP, f"It was skipped, since an earlier run overlapped: {why}."
        case outcome if outcome == RAN_ELSEWHERE:
            return RAN_ELSEWHERE, f"It was left to the Go system: {why}."
    return _outcome(record), f"It ended as {_outcome(record)}: {why or 'no reason is known'}."


def _killed(facts: Facts, last: Happening, where: str) -> tuple[str, str]:
    record = last.record
    why = _plain(record.reason or record.err, "killed: ")
    later = _replacing(facts, last)
    if later:
        return "replaced", f"It ran{where} and was replaced by {later} (overlap replace): {why}."
    return KILLED, f"It ran{where} and was killed: {why}."


def _replacing(facts: Facts, last: Happening) -> str:
    """The run that took its place: that of the instant at which it was ended; "" for none."""
    job, schedule, record = facts.job, facts.schedule, last.record
    if job is None or schedule is None or job.overlap != "replace":
        return ""
    due = schedule.last_before(record.end_time + 1, record.plan_time + 1)
    grace_ms = job.kill_grace_seconds * 1000 + LATE_MS
    if due is None or record.end_time - due > grace_ms:
        return ""
    return keys.run_id(last.name.unit, due)


def _attempt(facts: Facts, each: Happening) -> str:
    record = each.record
    ended = instant(record.end_time, facts.zone)
    where = f" on {record.worker}" if record.worker else ""
    return f"Attempt {each.name.attempt + 1}{where} {_short(record)}, at {ended}."


def _short(record: JobLog) -> str:
    why = record.err or record.reason
    return f"ended as {_outcome(record)}" + (f" ({why})" if why else "")


def _times(facts: Facts, record: JobLog) -> str:
    """When it ran, and for how long; "" for what was never started."""
    if record.end_time <= record.plan_time and record.start_time == record.plan_time:
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


def _of(last: Happening) -> str:
    return f" with its worker {last.record.worker}" if last.record.worker else ""


def _plain(why: str, start: str) -> str:
    return why.removeprefix(start)


def _outcome(record: JobLog) -> str:
    """Its outcome; the Go system's records say only whether there was an error."""
    return record.outcome or (FAILED if record.err else SUCCESS)
