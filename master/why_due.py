"""Instants at which a job is not due: never, not by daylight saving, or no more."""

from __future__ import annotations

from datetime import UTC, datetime

from common.describe import describe
from common.instants import instant
from common.schedule import Schedule, parse_schedule
from master.why_answer import Answer, answer
from master.why_time import SKIPPED, TWICE, Moment, is_due, nearest, second_pass, told_nearest


def is_over(schedule: Schedule, now: int) -> Answer:
    """That the job is never due again."""
    before, _ = nearest(schedule, now)
    if before is None:
        said = f"It is never due: {schedule.expr!r} matches no instant until 2099."
        return answer("never", said)
    last = instant(before, schedule.zone)
    return answer("over", f"It is not due any more: its last due instant was {last}.")


def not_due_yet(schedule: Schedule, now: int) -> Answer:
    """That the job was not due before now."""
    _, after = nearest(schedule, now)
    if after is None:
        return is_over(schedule, now)
    said = f"It was never due until now; the first time is {instant(after, schedule.zone)}."
    return answer("not_due_yet", said)


def since_created(schedule: Schedule, now: int) -> Answer:
    """That no instant of the job has come since it was made."""
    _, after = nearest(schedule, now)
    first = f"; the first time is {instant(after, schedule.zone)}" if after is not None else ""
    return answer("not_due_yet", f"It has not been due since it was created{first}.")


def not_due(schedule: Schedule, at: int) -> Answer:
    """That the job is not due at the instant, and when it is."""
    when = instant(at, schedule.zone) + (f" and {at % 1000} ms" if at % 1000 else "")
    first = second_pass(at, schedule.zone)
    if first is not None and is_due(schedule, first):
        return answer(
            "dst_doubled",
            f"The clock of {schedule.zone} shows that time twice, and the job is due the first"
            f" time only, at {instant(first, schedule.zone)}.",
            "Jobs of fixed times run once; those whose minute or hour begins with * run in both.",
        )
    return answer(
        "never_due",
        f"It is not due at {when}: its schedule is {describe(schedule)}.",
        told_nearest(schedule, at),
    )


def skipped_clock(schedule: Schedule, moment: Moment) -> Answer | None:
    """What is so of a local time that the clock skips; None where it does not."""
    if moment.clock != SKIPPED:
        return None
    resumes = instant(moment.ms, schedule.zone)
    said = f"{moment.local} is skipped by daylight saving in {schedule.zone}"
    if is_put_off(schedule, moment):
        instead = f"{said}: the job is due at {resumes} instead."
        return answer("dst_skipped", instead, "Fixed times of a gap are due once, at its end.")
    return answer(
        "dst_skipped",
        f"{said}, and nothing is due for it.",
        f"The clock goes on at {resumes}.",
        told_nearest(schedule, moment.ms - 1),
    )


def is_put_off(schedule: Schedule, moment: Moment) -> bool:
    """Whether the end of the gap stands for the skipped local time: the job was due at that."""
    plain = parse_schedule(schedule.expr, "UTC")
    local = datetime.fromisoformat(moment.local).replace(tzinfo=UTC)
    return is_due(schedule, moment.ms) and is_due(plain, int(local.timestamp()) * 1000)


def told_twice(schedule: Schedule, moment: Moment) -> str:
    """A sentence on a local time that comes twice; "" for others."""
    if moment.clock != TWICE:
        return ""
    return f"{moment.local} comes twice in {schedule.zone}; this is about the first time."
