"""The room for runs: what of it is given away when, and what the other workers hear of it."""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock

AGAIN, AGAIN_SECONDS = 0.2, 2.0
"""A worker that was full says so no more when this part is free, and not before so long."""
WAVE, WAVE_SECONDS = 0.25, 0.2
"""While jobs wait in line, less than this part of all places is kept back, at most so long."""


class Room:
    """Belongs to the scheduler's thread; `publish` tells the others whether there is room."""

    def __init__(self, clock: Clock, publish: Callable[[bool], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._said, self._full_since = True, 0.0
        self._given = clock.boot()

    def given(self, free: int, places: int, crowded: int) -> int:
        """How many of the `free` places are given away now, while so many jobs wait in line.

        A line is let in many at a time, so that they are claimed in one request.
        """
        now = self._clock.boot()
        few = free < min(crowded, WAVE * places)
        if few and now < self._given + WAVE_SECONDS:
            return 0
        self._given = now
        return free

    def say(self, free: int, places: int) -> None:
        """Full is said at once; room again only when there is a good part of it, and not soon."""
        now = self._clock.boot()
        if free <= 0 and self._said:
            self._said, self._full_since = False, now
            self._publish(False)
        elif not self._said and free >= AGAIN * places and now - self._full_since >= AGAIN_SECONDS:
            self._said = True
            self._publish(True)
