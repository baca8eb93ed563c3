"""Waves: the line for room is let in many at a time, so that they are claimed in one request."""

from __future__ import annotations

from common.clock import Clock

WAVE, WAVE_SECONDS = 0.25, 0.2
"""While jobs wait in line, less than this part of all slots is kept back, at most so long."""


class Waves:
    """Belongs to the scheduler's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.boot()

    def room(self, free: int, slots: int, waiting: int) -> int:
        """How many of the `free` slots are given away now, while so many jobs wait in line."""
        now = self._clock.boot()
        if free < min(waiting, WAVE * slots) and now < self._last + WAVE_SECONDS:
            return 0
        self._last = now
        return free
