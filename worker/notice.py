"""What this worker says of itself in its registration, for all others to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from worker.draining import Draining
from worker.handing import Handing
from worker.members import Member


class Notice:
    """The scheduler's thread says what is new, the presence's asks for all that is to be said."""

    def __init__(self, name: str, draining: Draining, changed: Callable[[], None]) -> None:
        """`changed` is called when something else is to be said, and must not block."""
        self._me = Member(name)
        self._draining = draining
        self._changed = changed
        self.handing = Handing(changed)
        self.spool: Callable[[], Mapping[str, int]] = dict
        """What is to be said of records that wait; asked at each renewal."""
        self.executors: Callable[[], str] = str
        """What is wrong with executors; asked as that."""
        self.rests = False
        """Whether it was said that nothing more starts, since this worker was drained."""

    def publish(self, room: bool, short_of: str = "") -> None:
        """Say whether there is room for more.

        `short_of` is what there is not enough of, where it is not slots.
        """
        me = replace(self._me, room=room, short_of=short_of)
        if me != self._me:
            self._me = me
            self._changed()

    def rest(self) -> None:
        """Say of this worker, which is drained, that all it took has started."""
        self.rests = True
        self._changed()

    def member(self) -> Member:
        """All that is to be said now."""
        draining = self._draining
        self.rests = self.rests and draining.is_on
        return replace(
            self._me,
            draining=draining.is_on,
            drained=draining.told,
            ahead=draining.is_asked and not self.rests,
            handed=self.handing.counts,
            spool=self.spool(),
            executors=self.executors(),
        )
