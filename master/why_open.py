"""Instants that nobody has settled: due now and waiting, passed without a trace, or to come."""

from __future__ import annotations

from collections.abc import Sequence

from common import lock
from common.instants import instant
from common.job import Job
from common.schedule import Schedule
from master.names import in_a_row
from master.why_answer import Answer, answer
from master.why_facts import Facts
from master.why_history import in_force, resting
from master.why_runs import Happening
from master.why_workers import Worker, eligible, full, obstacle


def unsettled(facts: Facts, job: Job, at: int) -> Answer:
    """Why an instant that is over has left nothing: it waits for something, or nobody knows."""
    settled = [mark for mark in facts.marks.values() if mark is not None and mark >= at]
    if settled and len(settled) == len(facts.marks):
        return _no_trace(facts, at, max(settled))
    late = facts.now - at > job.start_deadline_seconds * 1000
    why = _stands_in_the_way(facts, job)
    if why is not None:
        return why.more(_what_comes(late))
    if not facts.marks:
        return answer("pending", "No worker has taken the job up yet: it has no watermark.")
    if late:
        return answer(
            "unsettled",
            "No worker has run it or recorded why not, though its start deadline has passed.",
            "A worker that comes or comes back records it as missed.",
        )
    return answer("pending", "It is due now, and no worker has claimed it yet: ask again soon.")


def _stands_in_the_way(facts: Facts, job: Job) -> Answer | None:
    if facts.problems:
        said = "The store takes no writes, so nothing can be claimed."
        return answer("store", said, *facts.problems)
    return obstacle(job, facts.workers) or _held(facts) or full(job, facts.workers)


def _held(facts: Facts) -> Answer | None:
    """That another run holds the job; None where none does."""
    allowed = facts.job is not None and facts.job.overlap == "allow"
    for unit, entry in facts.locks.items() if not allowed else ():
        run = lock.run_of(unit, entry.value)
        if not run:
            said = "A worker of the Go system holds the job's lock."
            return answer("lock_foreign", said, "Ours leave the job to it while it does.")
        return answer("lock", f"{run} still holds the job, and overlap does not allow both.")
    return None


def _what_comes(late: bool) -> str:
    if late:
        return "Its start deadline has passed: it will be recorded as missed."
    return "It may still run until its start deadline."


def _no_trace(facts: Facts, at: int, mark: int) -> Answer:
    """It lies below the watermark and left neither a key nor a record."""
    known = in_force(facts, at) is not None
    if facts.job is not None and facts.job.hosts == "all":
        return answer(
            "no_record",
            "Nothing is known of it: no worker owed it, or the log has its records no more.",
            "With hosts all nothing is due for a worker while it is drained or where does not"
            " allow it, and one that is new begins with its own now.",
        )
    return answer(
        "no_record",
        "Nothing is known of it: it is settled, but the log has no record of it.",
        f"Every instant up to {instant(mark, facts.zone)} is accounted for or was never owed.",
        "Its record was removed from the log, or the job was changed by hand"
        + ("." if known else ", or it is younger: its first worker began at its own now."),
    )


def to_come(facts: Facts, job: Job, schedule: Schedule, at: int) -> Answer:
    """Whether an instant that is still to come will run, as things are."""
    rests = resting(facts, job, at, "It will not run: the job is paused")
    if rests is not None:
        after = schedule.next_after(job.rests_until - 1)
        resumes = f"The first after that is {instant(after, facts.zone)}." if after else ""
        return rests.more(resumes, "Resume it by fleetcron job resume.")
    why = obstacle(job, facts.workers)
    if why is not None:
        code, first = why.cause, why.sentences[0]
        said = f"As things are it will not run. {first}"
        return answer(code, said, *why.sentences[1:])
    ahead = [mark for mark in facts.marks.values() if mark is not None and mark >= at]
    if ahead:
        when = instant(max(ahead), facts.zone)
        said = f"It will not run: the job's watermark lies ahead, at {when}; it rests until then."
        return answer("watermark_ahead", said, "Somebody set it, or a clock that was ahead did.")
    return _will_run(facts, job, at)


def _will_run(facts: Facts, job: Job, at: int) -> Answer:
    able = eligible(job, facts.workers)
    return answer(
        "will_run",
        f"It will run at {instant(at, facts.zone)}, on {_where(job, able)}.",
        _too_few(job, able),
        f"Each of them is full now: {in_a_row(each.name for each in able)}."
        if not any(each.room for each in able)
        else "",
        *_out(facts, job),
        f"The store takes no writes now: {facts.problems[0]}" if facts.problems else "",
    )


def _where(job: Job, able: Sequence[Worker]) -> str:
    names = in_a_row(each.name for each in able)
    if len(able) == 1:
        return f"the one worker that may run it ({names})"
    if job.hosts == "all":
        return f"each of the {len(able)} workers that may run it ({names})"
    if isinstance(job.hosts, int):
        return f"{min(job.hosts, len(able))} of the {len(able)} workers that may run it ({names})"
    return f"one of the {len(able)} workers that may run it ({names})"


def _too_few(job: Job, able: Sequence[Worker]) -> str:
    if not isinstance(job.hosts, int) or job.hosts <= len(able):
        return ""
    return f"It asks for {job.hosts} hosts: the other {job.hosts - len(able)} will be missed."


def _out(facts: Facts, job: Job) -> list[str]:
    """What is out or owed of the job now, which may overlap."""
    out = [each for each in facts.runs if each.state != "ended"]
    if not out or job.overlap == "allow":
        return [f"Now {_named(out)}."] if out else []
    ends = {"skip": "it is skipped", "queue": "it waits", "replace": "that run is ended"}
    return [f"Now {_named(out)}; if that lasts until then, {ends[job.overlap]}."]


def _named(out: Sequence[Happening]) -> str:
    return in_a_row((f"{each.run_id} is {each.state}" for each in out), 3)
