"""When a worker says that it is full, and when that it has room again."""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock

FULL_SECONDS = 1.0
"""Who is full for a shorter time does not say so: by then the second looks at what waits."""
ROOM_AGAIN, ROOM_AGAIN_SECONDS = 0.2, 2.0
"""A worker that was full says so no more when this part is free, and not before so long."""


class Vacancy:
    """Full is said when there was no good part of the slots free for a while; room again as late.

    All who hear of it rank the jobs anew, and read what is due of those that are theirs then: for
    a burst of short runs that costs more than the burst. Belongs to the scheduler's thread.
    """

    def __init__(self, clock: Clock, publish: Callable[[bool], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._has_room = True
        self._full_since: float | None = None
        self._enough = True

    def look(self, free: int, slots: int) -> None:
        """Say what is new, if anything is: so many of the slots are free."""
        now = self._clock.boot()
        enough = self._enough = free >= max(1, ROOM_AGAIN * slots)
        if free <= 0 and self._full_since is None:
            self._full_since = now
        since = now if self._full_since is None else self._full_since
        if self._has_room and enough:
            self._full_since = None
        elif self._has_room and now - since >= FULL_SECONDS:
            self._say(False, now)
        elif not self._has_room and enough and now - since >= ROOM_AGAIN_SECONDS:
            self._say(True, None)

    @property
    def settles(self) -> bool:
        """Whether there may be something to say only because time passes."""
        return self._full_since is not None if self._has_room else self._enough

    def close(self) -> None:
        """Say at once that there is no room, whatever is free."""
        if self._has_room:
            self._say(False, self._clock.boot())

    def _say(self, room: bool, full_since: float | None) -> None:
        self._has_room, self._full_since = room, full_since
        self._publish(room)
