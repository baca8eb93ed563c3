"""The timetable: who is to be looked at next, and when.

Many share their moments, so that a moment is kept once, with all that are due then.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Any, Generic, TypeVar


class Timed:
    """Whoever can stand in a timetable, at one moment at most: None while it stands in none."""

    __slots__ = ("moment",)
    moment: Moment[Any] | None


T = TypeVar("T", bound=Timed)


class Moment(Generic[T]):
    """A moment, epoch ms, and who was put there."""

    __slots__ = ("at_ms", "items")

    def __init__(self, at_ms: int, items: list[T]) -> None:
        self.at_ms, self.items = at_ms, items


class Timetable(Generic[T]):
    """A heap of next moments; whoever was put elsewhere or removed is skipped on pop.

    Owned by the scheduler's thread. Moments are epoch ms; who shares one comes in the order of
    being set.
    """

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._moments: dict[int, Moment[T]] = {}
        self._open: deque[T] = deque()
        self._opened: Moment[T] = Moment(0, [])
        self._kept = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def set(self, item: T, at_ms: int) -> None:
        """Look at it at this moment, and not at the one that was set before."""
        if item.moment is None:
            self._size += 1
        there = self._moments.get(at_ms)
        if there is None:
            there = self._moments[at_ms] = Moment(at_ms, [item])
            heapq.heappush(self._heap, at_ms)
        else:
            there.items.append(item)
        item.moment = there
        self._kept += 1
        if self._kept > 64 and self._kept > 4 * self._size:
            self._compact()

    def remove(self, item: T) -> None:
        """Look at it no more."""
        if item.moment is not None:
            item.moment = None
            self._size -= 1

    def next_ms(self) -> int | None:
        """The earliest moment of all, or None."""
        self._open_next()
        return self._opened.at_ms if self._open else None

    def pop_due(self, now_ms: int) -> T | None:
        """Take out one whose moment has come, earliest first, or None."""
        self._open_next()
        if not self._open or self._opened.at_ms > now_ms:
            return None
        item = self._open.popleft()
        self._kept -= 1
        self.remove(item)
        return item

    def _open_next(self) -> None:
        """Let the first that is open be the first of all that is not stale."""
        if self._open and self._heap and self._heap[0] < self._opened.at_ms:
            self._close()
        while True:
            while self._open and self._open[0].moment is not self._opened:
                self._open.popleft()
                self._kept -= 1
            if self._open or not self._heap:
                return
            self._opened = self._moments.pop(heapq.heappop(self._heap))
            self._open = deque(self._opened.items)

    def _close(self) -> None:
        """Put what is open back: an earlier moment was set meanwhile."""
        opened, at_ms = self._opened, self._opened.at_ms
        later = self._moments.get(at_ms)
        if later is None:
            heapq.heappush(self._heap, at_ms)
        else:
            for item in later.items:
                if item.moment is later:
                    item.moment = opened
        opened.items = [*self._open, *(later.items if later else ())]
        self._moments[at_ms] = opened
        self._open.clear()

    def _compact(self) -> None:
        """Let go of all that is stale."""
        if self._open:
            self._close()
        for at_ms, moment in list(self._moments.items()):
            kept = dict.fromkeys(item for item in moment.items if item.moment is moment)
            moment.items = list(kept)
            if not kept:
                del self._moments[at_ms]
        self._heap = sorted(self._moments)
        self._kept = self._size
