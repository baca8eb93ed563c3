"""Marks in a command's output: up to which byte it had come when."""

from array import array
from bisect import bisect_right

MOST_MARKS = 1024
"""Of one part of the output; where there are more, those that lie close become one."""


class Marks:
    """When the bytes of a part of the output were read: (offset, ms) in rising order.

    At most one mark for each read, and at most `MOST_MARKS`: with more, those that lie closest to
    the one before are dropped, so that their bytes count for as old as that.
    """

    __slots__ = ("_least", "_offsets", "_times")

    def __init__(self) -> None:
        self._offsets = array("Q")
        self._times = array("Q")
        self._least = 0

    def add(self, offset: int, ms: int) -> None:
        """The bytes from `offset` on were read at `ms`; both never fall."""
        if self._times and (ms == self._times[-1] or offset - self._offsets[-1] < self._least):
            return
        self._offsets.append(offset)
        self._times.append(ms)
        if len(self._offsets) > MOST_MARKS:
            self._thin()

    def _thin(self) -> None:
        """Halve the marks at least, and leave so much between those that are still to come."""
        offsets, times = self._offsets, self._times
        self._least = max(2 * self._least, 2 * (offsets[-1] - offsets[0]) // MOST_MARKS)
        self._offsets, self._times = array("Q", offsets[:1]), array("Q", times[:1])
        for offset, ms in zip(offsets, times, strict=True):
            if offset - self._offsets[-1] >= self._least > 0:
                self._offsets.append(offset)
                self._times.append(ms)

    def forget(self, offset: int) -> None:
        """The bytes before `offset` are of no interest any more."""
        over = bisect_right(self._offsets, offset) - 1
        if over > 0:
            del self._offsets[:over]
            del self._times[:over]

    def begun(self, text: bytes, start: int) -> list[tuple[int, int]]:
        """How many lines of `text`, which begins at the offset `start`, were begun when (ms)."""
        if not text or not self._offsets:
            return []
        if len(self._times) == 1:
            return [(self._times[0], text.count(b"\n", 0, -1) + 1)]
        edges = [min(max(0, offset - start), len(text)) for offset in self._offsets]
        edges = [0, *edges[1:], len(text)]
        found = []
        for place, ms in enumerate(self._times):
            low, high = edges[place], edges[place + 1]
            # A line begins behind a newline, so those count that end just before it.
            lines = text.count(b"\n", max(0, low - 1), max(0, high - 1))
            found.append((ms, lines + (low == 0 and high > 0)))
        return found

    def followed_by(self, other: "Marks") -> "Marks":
        """The marks of two parts that lie next to each other."""
        both = Marks()
        both._offsets = self._offsets + other._offsets
        both._times = self._times + other._times
        return both
