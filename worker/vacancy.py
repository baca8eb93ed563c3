"""When a worker says that it is full, and when that it has room again."""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock

ROOM_AGAIN, ROOM_AGAIN_SECONDS = 0.2, 2.0
"""A worker that was full says so no more when this part is free, and not before so long."""


class Vacancy:
    """Full is said at once; room again only when there is a good part of it, and not soon.

    Belongs to the scheduler's thread.
    """

    def __init__(self, clock: Clock, publish: Callable[[bool], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._has_room, self._full_since = True, 0.0

    def look(self, free: int, slots: int) -> None:
        """Say what is new, if anything is: so many of the slots are free."""
        if free <= 0 and self._has_room:
            self._has_room, self._full_since = False, self._clock.boot()
            self._publish(False)
        elif not self._has_room and self._is_room_again(free, slots):
            self._has_room = True
            self._publish(True)

    def _is_room_again(self, free: int, slots: int) -> bool:
        long = self._clock.boot() - self._full_since >= ROOM_AGAIN_SECONDS
        return long and free >= ROOM_AGAIN * slots
