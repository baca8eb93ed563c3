"""The ends that an executor has in memory alone, since its disk takes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from worker.end_words import NOT_KEPT
from worker.kept_end import KeptEnd

MOST_BYTES = 32 << 20
"""So much may lie in memory, or the executor's share of the disk if that is less."""
END_BYTES = 1000
"""What an end takes there beside what is kept of it, roughly."""


class Unsaved:
    """Belongs to one thread; any other may ask how many there are.

    With half of the room in use no further outputs are kept. `is_full` says that nothing more is to
    be run: what runs already is kept all the same. It is so until half of the room is free.
    """

    def __init__(self, share: int) -> None:
        self._most = min(MOST_BYTES, share)
        self._ends: dict[str, KeptEnd] = {}
        self._weight = 0
        self.is_full = False

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def ends(self) -> Sequence[KeptEnd]:
        """All of them, oldest first."""
        return list(self._ends.values())

    @property
    def run_ids(self) -> frozenset[str]:
        """The runs whose ends they are."""
        return frozenset(self._ends)

    def oldest(self, most: int) -> Sequence[KeptEnd]:
        """The first ones, at most so many."""
        return list(islice(self._ends.values(), most))

    def hold(self, ends: Iterable[KeptEnd]) -> None:
        """Keep these, too."""
        for end in ends:
            fits = self._weight + _weight(end) <= self._most // 2
            held = end if fits else end.less(0, NOT_KEPT)
            self.drop((end.run_id,))
            self._ends[end.run_id] = held
            self._weight += _weight(held)
        self.is_full = self.is_full or self._weight > self._most

    def drop(self, run_ids: Iterable[str]) -> None:
        """These are kept elsewhere, as far as they are here."""
        for run_id in run_ids if self._ends else ():
            if end := self._ends.pop(run_id, None):
                self._weight -= _weight(end)
        self.is_full = self.is_full and self._weight > self._most // 2


def _weight(end: KeptEnd) -> int:
    return END_BYTES + len(end.kept)
