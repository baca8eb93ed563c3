"""Many texts that are looked for at once, in time that does not grow with how many they are."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator

LEAST_BYTES = 4
"""No text is shorter: by so many bytes, as one number, a place is known where one may begin."""
HEAD_BYTES = 16
"""By so much of their beginning, if they have it, such places are told apart."""
FEW = 16
"""So many are sooner found one by one."""
BLOCK = 4096


class Needles:
    """Finds texts of at least `LEAST_BYTES` in others; many threads may ask at once.

    `sorted` are the texts, each once; `longest` is how many bytes the longest has.
    """

    def __init__(self, texts: Iterable[bytes]) -> None:
        self.sorted = sorted(set(texts))
        self.longest = max(map(len, self.sorted), default=0)
        self._begins = frozenset(_word(text) for text in self.sorted)
        self._heads = frozenset(text[:HEAD_BYTES] for text in self.sorted)
        self._sizes = sorted(set(map(len, self._heads)), reverse=True)
        self._shorter = dict(_prefixes(self.sorted))
        few = len(self.sorted) <= FEW
        self._alone = [text for text in self.sorted if few or _repeats(text)]
        self._others = frozenset(map(_word, set(self.sorted).difference(self._alone)))

    def cover(self, text: bytes) -> bytearray:
        """A byte for each of the text: 1 where it belongs to one of ours, also where they overlap.

        Those that repeat themselves could be found at each place anew, and so are leapt along.
        """
        cover = bytearray(len(text))
        for needle in self._alone:
            _find(text, needle, cover)
        for place in _places(text, self._others) if self._others else ():
            if found := self._at(text, place):
                _mark(cover, place, place + len(found))
        return cover

    def begun(self, text: bytes) -> int:
        """How many bytes at the end are the true beginning of one of ours, at most."""
        tail = text[max(0, len(text) - self.longest + 1) :]
        for place in sorted(_places(tail, self._begins)):
            head = tail[place : place + HEAD_BYTES]
            if (len(head) < HEAD_BYTES or head in self._heads) and self._goes_on(tail[place:]):
                return len(tail) - place
        short = range(min(LEAST_BYTES - 1, len(tail)), 0, -1)
        return next((size for size in short if self._goes_on(tail[-size:])), 0)

    def _at(self, text: bytes, place: int) -> bytes | None:
        """The longest that stands at this place."""
        for size in self._sizes:
            if text[place : place + size] in self._heads:
                break
        else:
            return None
        # Of those that are no greater, the greatest begins with all that stand here.
        at = bisect_right(self.sorted, text[place : place + self.longest])
        found = self.sorted[at - 1] if at else None
        while found is not None and not text.startswith(found, place):
            found = self._shorter.get(found)
        return found

    def _goes_on(self, begun: bytes) -> bool:
        """Whether one of ours begins so and is longer."""
        at = bisect_right(self.sorted, begun)
        return at < len(self.sorted) and self.sorted[at].startswith(begun)


def _word(text: bytes) -> int:
    return int.from_bytes(text[:LEAST_BYTES], sys.byteorder)


def _prefixes(texts: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Of sorted texts, each with the longest other that it begins with, if there is one."""
    begun: list[bytes] = []
    for text in texts:
        while begun and not text.startswith(begun[-1]):
            begun.pop()
        if begun:
            yield text, begun[-1]
        begun.append(text)


def _repeats(text: bytes) -> bool:
    """Whether it can overlap itself by half or more, as what repeats a shorter text does."""
    half = len(text) // 2
    place = text.find(text[:half], 1)
    while 0 < place <= len(text) - half:
        if text.startswith(text[place:]):
            return True
        place = text.find(text[:half], place + 1)
    return False


def _places(text: bytes, words: frozenset[int]) -> Iterator[int]:
    """Where four bytes stand that are among these words; not in order."""
    view = memoryview(text)
    for first in range(LEAST_BYTES):
        rest = max(0, len(text) - first)
        read = view[first : first + rest - rest % LEAST_BYTES].cast("I")
        for low in range(0, len(read), BLOCK):
            block = read[low : low + BLOCK]
            if not words.isdisjoint(block):
                found = [at for at, word in enumerate(block, low) if word in words]
                yield from (LEAST_BYTES * at + first for at in found)


def _find(text: bytes, needle: bytes, cover: bytearray) -> None:
    """Mark each place of the needle, also those that overlap."""
    size = len(needle)
    low = place = text.find(needle)
    while place >= 0:
        last = text.rfind(needle, place + 1, place + 2 * size)
        if last < 0:
            _mark(cover, low, place + size)
            low = last = text.find(needle, place + size)
        place = last


def _mark(cover: bytearray, low: int, high: int) -> None:
    cover[low:high] = b"\1" * (high - low)
