"""Which ranges of the spool are still to be recorded: as few as may be, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from worker.spooled import Range

_Part = tuple[str, int, int, int]


class RangeTable:
    """Belongs to one thread. What lies side by side in a part is one range; none overlap."""

    def __init__(self) -> None:
        self._parts: dict[_Part, list[Range]] = {}
        self.size = 0
        """How many bytes they are."""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._parts)

    def __iter__(self) -> Iterator[Range]:
        for ranges in self._parts.values():
            yield from ranges

    def add(self, range_: Range) -> list[Range]:
        """Take it in; what of it was not in it before."""
        there = self._parts.get(_part(range_), [])
        new = list(_without([range_], there))
        if new:
            self._parts[_part(range_)] = joined([*there, *new])
            self.size += _size(new)
        return new

    def drop(self, range_: Range) -> None:
        """It need not be in it any more, in whatever pieces it is."""
        part = _part(range_)
        there = self._parts.get(part, [])
        left = joined(_without(there, [range_]))
        self.size += _size(left) - _size(there)
        if left:
            self._parts[part] = left
        else:
            self._parts.pop(part, None)

    def take(self) -> Range | None:
        """Take out the oldest; None where there is none."""
        for part, ranges in self._parts.items():
            first = ranges.pop(0)
            if not ranges:
                del self._parts[part]
            self.size -= first.end - first.begin
            return first
        return None


def _part(range_: Range) -> _Part:
    return (range_.home, range_.number, range_.part, range_.turn)


def _size(ranges: Iterable[Range]) -> int:
    return sum(each.end - each.begin for each in ranges)


def joined(ranges: Iterable[Range]) -> list[Range]:
    """The same, where those that lie side by side are one."""
    found: list[Range] = []
    for each in sorted(ranges, key=lambda one: (_part(one), one.begin)):
        if found and _part(found[-1]) == _part(each) and found[-1].end == each.begin:
            found[-1] = replace(found[-1], end=each.end)
        else:
            found.append(each)
    return found


def _without(ranges: Iterable[Range], others: Iterable[Range]) -> Iterator[Range]:
    """What is left of ranges of a part where the others are taken away."""
    left = list(ranges)
    for other in others:
        pieces = []
        for each in left:
            pieces.append(replace(each, end=min(each.end, max(each.begin, other.begin))))
            pieces.append(replace(each, begin=max(each.begin, min(each.end, other.end))))
        left = [piece for piece in pieces if piece.begin < piece.end]
    yield from left
