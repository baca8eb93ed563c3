"""Which due instant of a job is next to be settled, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from common.job import Job
from common.owed import Gap, gap_between
from common.record import code_of
from common.schedule import Schedule
from worker.placement import DELAYS_MS

REMEMBERED = 4096
AHEAD_MS = -DELAYS_MS[0]
TOO_LATE = "no worker took it before its start deadline"
BEHIND = "its start deadline passed while earlier instants were caught up"


@dataclass(frozen=True, slots=True)
class Choice:
    """An instant (epoch ms), what was passed over before it, and "" or why it is not run.

    `caught_up` says that it is run although its start deadline has passed.
    """

    plan_time: int
    gap: Gap | None = None
    missed: str = ""
    caught_up: bool = False

    def because(self, reason: str) -> Choice:
        """The same; what it does not run is not run for this reason ("": for the one it has)."""
        if not reason or not (self.gap or self.missed):
            return self
        gap = self.gap and replace(self.gap, reason=code_of(reason))
        return replace(self, gap=gap, missed=self.missed and reason)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an instant of a job may still be run (ms), and what is made up for beyond that.

    `horizon` (epoch ms) is where the absence ended that is being made up for: later instants are
    none of it, however long that takes. None: it is only now seen that there was one.
    """

    deadline_ms: int
    catch_up: str = "skip"
    window_ms: int = 86_400_000
    limit: int = 10
    horizon: int | None = None

    @classmethod
    def of(cls, job: Job) -> Lateness:
        """What a job asks for."""
        seconds = (job.start_deadline_seconds, job.catch_up_window_seconds)
        return _lateness(*seconds, job.catch_up, job.catch_up_limit)


@lru_cache(maxsize=256)
def _lateness(deadline: float, window: float, catch_up: str, limit: int) -> Lateness:
    """Few of them are asked for, by many jobs."""
    return Lateness(int(deadline * 1000), catch_up, int(window * 1000), limit)


@lru_cache(maxsize=REMEMBERED)
def next_after(schedule: Schedule, ms: int) -> int | None:
    """As the schedule says; jobs that share their times mostly share their watermarks, too."""
    return schedule.next_after(ms)


def choose(schedule: Schedule, fired: int, now_ms: int, lateness: Lateness) -> Choice | None:
    """The first instant after the watermark that is still to be settled; None: there is none.

    Instants older than the start deadline are not run, but for those that are caught up: they are
    a gap before the next one, or, where the next one is still to come, the last of them is settled
    as missed by itself.
    """
    first = next_after(schedule, fired)
    if first is None:
        return None
    oldest = now_ms - lateness.deadline_ms
    if first >= oldest:
        return Choice(first)
    begin, end = _made_up(schedule, fired, now_ms, lateness)
    if begin <= first < end:
        return Choice(first, caught_up=True)
    reason = TOO_LATE if lateness.horizon is None or first < end else BEHIND
    due = schedule.next_after((begin if first < begin else oldest) - 1)
    if due is not None and due <= now_ms + AHEAD_MS:
        return Choice(due, gap_between(schedule, fired, due, reason), caught_up=due < oldest)
    last = schedule.last_before(oldest, first) or first
    return Choice(last, gap_between(schedule, fired, last, reason), reason)


def changes_at(
    schedule: Schedule, fired: int, choice: Choice, now_ms: int, lateness: Lateness
) -> int | None:
    """When a choice that cannot be run yet is another one (epoch ms, later than now), or None.

    That is when another instant's start deadline has passed, or when what is to be caught up
    leaves its window.
    """
    in_time = next_after(schedule, max(fired, now_ms - lateness.deadline_ms - 1))
    moments = [] if in_time is None else [in_time + lateness.deadline_ms + 1]
    if choice.caught_up:
        moments.append(choice.plan_time + lateness.window_ms + 1)
    return min(moments, default=None)


def _made_up(schedule: Schedule, fired: int, now_ms: int, lateness: Lateness) -> tuple[int, int]:
    """From which instant on, and up to which moment, instants are caught up; equal where none."""
    oldest = now_ms - lateness.deadline_ms
    end = oldest if lateness.horizon is None else min(lateness.horizon, oldest)
    floor = max(fired + 1, now_ms - lateness.window_ms)
    wanted = {"skip": 0, "latest": min(1, lateness.limit)}.get(lateness.catch_up, lateness.limit)
    begin = end
    for _ in range(wanted):
        before = schedule.last_before(begin, floor)
        if before is None:
            break
        begin = before
    return begin, end
