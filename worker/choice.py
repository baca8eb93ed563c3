"""Which due instant of a job is next to be settled, and how."""

from __future__ import annotations

from dataclasses import dataclass

from common.job import Job
from common.owed import Gap, gap_between
from common.schedule import Schedule
from worker.placement import DELAYS_MS

AHEAD_MS = -DELAYS_MS[0]
TOO_LATE = "no worker took it before its start deadline"


@dataclass(frozen=True, slots=True)
class Choice:
    """An instant (epoch ms), what was passed over before it, and "" or why it is not run.

    `caught_up` says that it is run although its start deadline has passed.
    """

    plan_time: int
    gap: Gap | None = None
    missed: str = ""
    caught_up: bool = False


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an instant of a job may still be run (ms), and what is made up for beyond that."""

    deadline_ms: int
    catch_up: str = "skip"
    window_ms: int = 86_400_000
    limit: int = 10

    @classmethod
    def of(cls, job: Job) -> Lateness:
        """What a job asks for."""
        return cls(
            int(job.start_deadline_seconds * 1000),
            job.catch_up,
            int(job.catch_up_window_seconds * 1000),
            job.catch_up_limit,
        )


def choose(schedule: Schedule, fired: int, now_ms: int, lateness: Lateness) -> Choice | None:
    """The first instant after the watermark that is still to be settled; None: there is none.

    Instants older than the start deadline are not run, but for those that are caught up: they are
    a gap before the next one, or, where the next one is still to come, the last of them is settled
    as missed by itself.
    """
    first = schedule.next_after(fired)
    if first is None:
        return None
    oldest = now_ms - lateness.deadline_ms
    start = _earliest(schedule, fired, now_ms, lateness)
    if first >= start:
        return Choice(first, caught_up=first < oldest)
    due = schedule.next_after(start - 1)
    if due is not None and due <= now_ms + AHEAD_MS:
        return Choice(due, gap_between(schedule, fired, due, TOO_LATE), caught_up=due < oldest)
    last = schedule.last_before(start, first) or first
    return Choice(last, gap_between(schedule, fired, last, TOO_LATE), TOO_LATE)


def _earliest(schedule: Schedule, fired: int, now_ms: int, lateness: Lateness) -> int:
    """From when on instants are run: the start deadline, or the first that is caught up."""
    start = now_ms - lateness.deadline_ms
    if lateness.catch_up == "skip":
        return start
    floor = max(fired + 1, now_ms - lateness.window_ms)
    for _ in range(1 if lateness.catch_up == "latest" else lateness.limit):
        before = schedule.last_before(start, floor)
        if before is None:
            break
        start = before
    return start
