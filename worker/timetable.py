"""The timetable: which job is to be looked at next, and when."""

from __future__ import annotations

import heapq
import itertools


class Timetable:
    """A heap of next moments, one for each name; replaced and removed ones are skipped on pop.

    Owned by the scheduler's thread. Moments are epoch ms.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._current: dict[str, int] = {}
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._current)

    def set(self, name: str, at_ms: int) -> None:
        """Look at `name` at this moment, and not at the one that was set before."""
        version = next(self._count)
        self._current[name] = version
        heapq.heappush(self._heap, (at_ms, version, name))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._current):
            self._compact()

    def remove(self, name: str) -> None:
        """Look at `name` no more."""
        self._current.pop(name, None)

    def next_ms(self) -> int | None:
        """The earliest moment of all, or None."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> str | None:
        """Take out a name whose moment has come, earliest first, or None."""
        self._drop_stale()
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        name = heapq.heappop(self._heap)[2]
        del self._current[name]
        return name

    def _drop_stale(self) -> None:
        heap, current = self._heap, self._current
        while heap and current.get(heap[0][2]) != heap[0][1]:
            heapq.heappop(heap)

    def _compact(self) -> None:
        self._heap = [item for item in self._heap if self._current.get(item[2]) == item[1]]
        heapq.heapify(self._heap)
