"""Which due instant of a job is next to be settled, and how."""

from __future__ import annotations

from dataclasses import dataclass

from common.owed import Gap, gap_between
from common.schedule import Schedule
from worker.placement import DELAYS_MS

AHEAD_MS = -DELAYS_MS[0]
TOO_LATE = "no worker took it before its start deadline"


@dataclass(frozen=True, slots=True)
class Choice:
    """An instant (epoch ms), what was passed over before it, and "" or why it is not run."""

    plan_time: int
    gap: Gap | None = None
    missed: str = ""


def choose(schedule: Schedule, fired: int, now_ms: int, deadline_ms: int) -> Choice | None:
    """The first instant after the watermark that is still to be settled; None: there is none.

    Instants older than the start deadline are not run: they are a gap before the next one, or,
    where the next one is still to come, the last of them is settled as missed by itself.
    """
    first = schedule.next_after(fired)
    oldest = now_ms - deadline_ms
    if first is None or first >= oldest:
        return None if first is None else Choice(first)
    due = schedule.next_after(oldest - 1)
    if due is not None and due <= now_ms + AHEAD_MS:
        return Choice(due, gap_between(schedule, fired, due, TOO_LATE))
    last = schedule.last_before(oldest, first) or first
    return Choice(last, gap_between(schedule, fired, last, TOO_LATE), TOO_LATE)
