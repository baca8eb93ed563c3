"""What a job was at an earlier instant, as far as its changes tell, and what that explains."""

from __future__ import annotations

import difflib

from common.changes import CREATED, DELETED, PAUSED, JobChange
from common.constants import JOB_SAVE_DIR
from common.errors import InvalidField
from common.instants import instant
from common.job import Job
from common.schedule import Schedule, parse_schedule
from common.store import Store
from common.watermark import LATEST_MS
from master.names import in_a_row
from master.why_answer import Answer, answer, because, by
from master.why_facts import Facts
from master.why_missed import tell_change
from master.why_time import is_due, told_nearest


def in_force(facts: Facts, at: int) -> JobChange | None:
    """The last change up to `at`; None where none is known, or that of others came behind it."""
    change = next((each for each in reversed(facts.changes) if each.at <= at), None)
    return None if facts.unseen and change is facts.changes[-1] else change


def next_change(facts: Facts, at: int) -> JobChange | None:
    """The first change after `at`."""
    return next((each for each in facts.changes if each.at > at), None)


def schedule_at(facts: Facts, at: int) -> Schedule | None:
    """What the job was due by at an instant: by its changes, else as it is now."""
    change = in_force(facts, at)
    return facts.schedule if change is None else _schedule_of(facts, change)


def _schedule_of(facts: Facts, change: JobChange) -> Schedule | None:
    try:
        return parse_schedule(change.cron_expr, change.timezone or facts.zone)
    except InvalidField:
        return None


def absent(facts: Facts, at: int) -> Answer | None:
    """That there was no job at the instant: not yet, or not any more; None where there was."""
    change, following = in_force(facts, at), next_change(facts, at)
    if change is not None and change.what == DELETED:
        said = f"The job was deleted at {instant(change.at, facts.zone)}{by(change.by)}"
        if following is None:
            return answer("deleted", f"{said}; nothing of it is due after that.")
        when = instant(following.at, facts.zone)
        again = f"It was made anew at {when}{by(following.by)}."
        return answer("before_created", f"{said}, and was not there at that time.", again)
    if change is None and following is not None and following.what == CREATED:
        when = instant(following.at, facts.zone)
        said = f"The job did not exist yet: it was created at {when}{by(following.by)}."
        return answer("before_created", said)
    return None


def paused(facts: Facts, at: int) -> Answer | None:
    """That the job was paused at the instant: by whom, until when, and why; None where not."""
    change = in_force(facts, at)
    if change is None:
        job = facts.job
        return None if job is None else resting(facts, job, at, "The job is paused")
    if change.rests_until <= at:
        return None
    asked = _asked(facts, at)
    return answer(
        "paused",
        f"The job was paused at {instant(asked.at, facts.zone)}{by(asked.by)},"
        f" {_until(facts, change.rests_until)}{because(change.reason)}.",
        "What would be due while a job is paused is not due, and leaves no record.",
        _resumed(facts, at),
    )


def resting(facts: Facts, job: Job, at: int, begin: str) -> Answer | None:
    """That the job as it is rests at the instant; None where it does not."""
    if job.rests_until <= at:
        return None
    asked = _asked(facts, max(at, facts.now))
    since = f" since {instant(asked.at, facts.zone)}" if asked.what == PAUSED else ""
    return answer(
        "paused",
        f"{begin}{since}{by(job.paused_by or asked.by)},"
        f" {_until(facts, job.rests_until)}{because(job.pause_reason)}.",
    )


def _asked(facts: Facts, at: int) -> JobChange:
    """The change that began the pause in force at `at`."""
    change = in_force(facts, at)
    if change is None:
        return JobChange(at, "", "", "")
    told = [each for each in facts.changes if each.at <= at and each.what == PAUSED]
    return told[-1] if told else change


def _until(facts: Facts, until: int) -> str:
    return "without an end" if until >= LATEST_MS else f"until {instant(until, facts.zone)}"


def _resumed(facts: Facts, at: int) -> str:
    ends = (each for each in facts.changes if each.at > at and each.rests_until <= each.at)
    return next((tell_change(facts, each) for each in ends), "")


def edited(facts: Facts, at: int) -> Answer | None:
    """That the job is due by another schedule now than then, or was before then; None else."""
    then, schedule = schedule_at(facts, at), facts.schedule
    if then is None or schedule is None:
        return None
    if is_due(then, at) == is_due(schedule, at):
        return None if is_due(then, at) else _edited_before(facts, at, schedule)
    change = _rescheduled(facts, at, then)
    if is_due(then, at):
        first = f"The job was due then by its schedule of that time, {_told(then)}; it was edited"
        first += " since, and nothing is left of that instant."
    else:
        first = f"The job was edited since: by its schedule of that time, {_told(then)},"
        first += " it was not due."
    changed = tell_change(facts, change) if change else ""
    return answer("edited", first, changed, f"Now it is {_told(schedule)}.", told_nearest(then, at))


def _edited_before(facts: Facts, at: int, schedule: Schedule) -> Answer | None:
    """That it would have been due by a schedule that it had earlier."""
    versions = [each for each in facts.changes if each.at <= at]
    past = versions if in_force(facts, at) is None else versions[:-1]
    for number, version in reversed(list(enumerate(past))):
        was = _schedule_of(facts, version)
        if was is not None and version.what != DELETED and is_due(was, at):
            said = f"The job was edited before that: it was due then by {_told(was)} only."
            changed = "".join(tell_change(facts, each) for each in versions[number + 1 :][:1])
            return answer("edited", said, changed, told_nearest(schedule, at))
    return None


def _told(schedule: Schedule) -> str:
    return f"{schedule.expr!r} ({schedule.zone})"


def _rescheduled(facts: Facts, at: int, then: Schedule) -> JobChange | None:
    """The first change after `at` that took another schedule."""
    later = (each for each in facts.changes if each.at > at and each.what != DELETED)
    return next((c for c in later if (c.cron_expr, c.timezone) != (then.expr, then.zone)), None)


def unseen(facts: Facts, at: int) -> str:
    """A sentence where others than our masters changed the job before `at`, for all we know."""
    last = facts.changes[-1] if facts.changes else None
    if last is None or not facts.unseen or last.at > at:
        return ""
    when = instant(last.at, facts.zone)
    return f"It was changed by hand or by a Go master after {when}; nobody noted when, or by whom."


def forgotten(facts: Facts, at: int) -> str:
    """A sentence where it is not known what the job was then; "" where it is."""
    first = facts.changes[0] if facts.changes else None
    if first is None or first.at <= at or first.what == CREATED:
        return ""
    when = instant(first.at, facts.zone)
    return f"What the job was before {when} is not known any more: its last changes alone are kept."


def no_such_job(facts: Facts, store: Store) -> Answer:
    """That there is no job of this name: deleted by whom, or the names that are most like it."""
    last = facts.changes[-1] if facts.changes else None
    if last is not None and last.what == DELETED:
        when = instant(last.at, facts.zone)
        return answer("deleted", f"There is no such job: it was deleted at {when}{by(last.by)}.")
    names = [e.key.removeprefix(JOB_SAVE_DIR) for e in store.snapshot(JOB_SAVE_DIR).entries]
    near = difflib.get_close_matches(facts.name, names, 3)
    hint = f"Did you mean {in_a_row(near)}?" if near else ""
    gone = any(unit == facts.name for unit in facts.marks)
    return answer(
        "no_such_job",
        f"There is no job named {facts.name[:140]!r}.",
        "It was deleted within the last day." if gone else "",
        hint,
    )
