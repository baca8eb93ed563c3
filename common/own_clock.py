"""When our own wall clock is to be told, or compared, again."""

from __future__ import annotations

import random

from common.clock import Clock, read

STEPPED_MS = 1000
"""A wall clock that moved by more against boot time was set."""
CONFIRMED_SECONDS = 2.0
"""A clock that was set is told twice: what looks slow is not believed the first time."""


class Retelling:
    """Every so many seconds (somewhat sooner, so that not all do it at once), or when it was set.

    Belongs to one thread.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._offset_ms: float | None = None
        self._next = 0.0

    def is_due(self) -> bool:
        """Whether it is time; always before the first time."""
        now = read(self._clock)
        return now.boot >= self._next or self._stepped(now.offset_ms)

    def left(self) -> float:
        """How long it is not time yet, seconds, unless the clock is set meanwhile."""
        return max(0.0, self._next - self._clock.boot())

    def told(self) -> None:
        """It is being done now."""
        now = read(self._clock)
        stepped = self._offset_ms is not None and self._stepped(now.offset_ms)
        pause = CONFIRMED_SECONDS if stepped else self._seconds * random.uniform(0.8, 1)
        self._offset_ms, self._next = now.offset_ms, now.boot + pause

    def _stepped(self, offset_ms: float) -> bool:
        return self._offset_ms is None or abs(offset_ms - self._offset_ms) > STEPPED_MS
