"""The timetable: which job is to be looked at next, and when.

Many jobs share their moments, so that a moment is kept once, with the names that are due then.
"""

from __future__ import annotations

import heapq
from collections import deque


class Timetable:
    """A heap of next moments; names that were replaced or removed are skipped on pop.

    Owned by the scheduler's thread. Moments are epoch ms; names of one moment come in the order in
    which they were set.
    """

    def __init__(self) -> None:
        self._moments: list[int] = []
        self._names: dict[int, list[str]] = {}
        self._current: dict[str, int] = {}
        self._open: deque[str] = deque()
        self._open_ms = 0
        self._kept = 0

    def __len__(self) -> int:
        return len(self._current)

    def set(self, name: str, at_ms: int) -> None:
        """Look at `name` at this moment, and not at the one that was set before."""
        names = self._names.get(at_ms)
        if names is None:
            self._names[at_ms] = [name]
            heapq.heappush(self._moments, at_ms)
        else:
            names.append(name)
        self._current[name] = at_ms
        self._kept += 1
        if self._kept > 64 and self._kept > 4 * len(self._current):
            self._compact()

    def remove(self, name: str) -> None:
        """Look at `name` no more."""
        self._current.pop(name, None)

    def next_ms(self) -> int | None:
        """The earliest moment of all, or None."""
        self._open_next()
        return self._open_ms if self._open else None

    def pop_due(self, now_ms: int) -> str | None:
        """Take out a name whose moment has come, earliest first, or None."""
        self._open_next()
        if not self._open or self._open_ms > now_ms:
            return None
        name = self._open.popleft()
        self._kept -= 1
        del self._current[name]
        return name

    def _open_next(self) -> None:
        """Let the first open name be the first of all that is not stale."""
        if self._open and self._moments and self._moments[0] < self._open_ms:
            self._close()
        while True:
            while self._open and self._current.get(self._open[0]) != self._open_ms:
                self._open.popleft()
                self._kept -= 1
            if self._open or not self._moments:
                return
            self._open_ms = heapq.heappop(self._moments)
            self._open = deque(self._names.pop(self._open_ms))

    def _close(self) -> None:
        """Put what is open back: an earlier moment was set meanwhile."""
        if self._open_ms not in self._names:
            heapq.heappush(self._moments, self._open_ms)
        self._names[self._open_ms] = [*self._open, *self._names.get(self._open_ms, ())]
        self._open.clear()

    def _compact(self) -> None:
        self._names, self._open, self._kept = {}, deque(), len(self._current)
        for name, at_ms in self._current.items():
            self._names.setdefault(at_ms, []).append(name)
        self._moments = sorted(self._names)
