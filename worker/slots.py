"""Which workers come first in every slot, kept ready for the many jobs that any worker may run.

A worker that comes or goes moves only the jobs that it takes or leaves. Measured on one core: a
worker that comes costs about 1 ms.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from worker.weights import SLOTS, Weights

RANKS = 3
NOBODY = -1


class Ranking:
    """The first three workers of every slot, kept up as workers join and leave.

    Equal weights are ranked by name, so that the order of joining does not matter.
    """

    def __init__(self, weights: Weights) -> None:
        self._known = weights
        self._names: list[str] = []
        self._weights: dict[str, array[int]] = {}
        self._ranks = [array("i", [NOBODY]) * SLOTS for _ in range(RANKS)]
        self._held = [array("I", [0]) * SLOTS for _ in range(RANKS)]

    @property
    def workers(self) -> set[str]:
        """All that are ranked."""
        return set(self._weights)

    def rank(self, slot: int, worker: str) -> int | None:
        """0, 1 or 2 for the first three of a slot, None for all others."""
        for rank in range(RANKS):
            index = self._ranks[rank][slot]
            if index != NOBODY and self._names[index] == worker:
                return rank
        return None

    def first(self, slot: int) -> str | None:
        """The first of a slot, None when nobody is ranked."""
        index = self._ranks[0][slot]
        return None if index == NOBODY else self._names[index]

    def become(self, workers: Iterable[str]) -> set[int]:
        """Rank these workers and no others; the slots whose first three are others now."""
        wanted = set(workers)
        changed: set[int] = set()
        for name in sorted(self.workers - wanted):
            changed |= self._leave(name)
        for name in sorted(wanted - self.workers):
            changed |= self._join(name)
        return changed

    def _join(self, name: str) -> set[int]:
        mine = self._weights[name] = self._known.of(name)
        index = self._index(name)
        candidates = enumerate(zip(mine, self._held[-1], strict=True))
        close = [slot for slot, (weight, third) in candidates if weight >= third]
        return {slot for slot in close if self._insert(slot, index, mine[slot])}

    def _insert(self, slot: int, index: int, weight: int) -> bool:
        """Put a worker where it belongs in a slot; whether it belongs among the first three."""
        for rank in range(RANKS):
            there = self._ranks[rank][slot]
            if there == NOBODY or self._beats(index, weight, there, self._held[rank][slot]):
                for lower in range(RANKS - 1, rank, -1):
                    self._set(
                        slot, lower, self._ranks[lower - 1][slot], self._held[lower - 1][slot]
                    )
                self._set(slot, rank, index, weight)
                return True
        return False

    def _beats(self, one: int, weight: int, other: int, than: int) -> bool:
        return weight > than or (weight == than and self._names[one] < self._names[other])

    def _set(self, slot: int, rank: int, index: int, weight: int) -> None:
        self._ranks[rank][slot] = index
        self._held[rank][slot] = weight

    def _leave(self, name: str) -> set[int]:
        gone = self._names.index(name)
        del self._weights[name]
        self._names[gone] = ""
        columns = [(at, self._weights[each]) for at, each in enumerate(self._names) if each]
        changed = set()
        for rank in range(RANKS):
            for slot in _places(self._ranks[rank], gone):
                changed.add(slot)
                self._close(slot, rank)
        for slot in changed:
            self._fill(slot, columns)
        return changed

    def _close(self, slot: int, rank: int) -> None:
        """Let those below a rank move up; the last is free then."""
        for upper in range(rank, RANKS - 1):
            self._set(slot, upper, self._ranks[upper + 1][slot], self._held[upper + 1][slot])
        self._set(slot, RANKS - 1, NOBODY, 0)

    def _fill(self, slot: int, columns: list[tuple[int, array[int]]]) -> None:
        """Find the last of the first three anew."""
        kept = {self._ranks[rank][slot] for rank in range(RANKS - 1)}
        best, most = NOBODY, 0
        for at, column in columns:
            weight = column[slot]
            if weight < most or at in kept:
                continue
            if best == NOBODY or self._beats(at, weight, best, most):
                best, most = at, weight
        if best != NOBODY:
            self._set(slot, RANKS - 1, best, most)

    def _index(self, name: str) -> int:
        """A number for the worker; one that a worker left behind is used again."""
        if "" in self._names:
            index = self._names.index("")
            self._names[index] = name
            return index
        self._names.append(name)
        return len(self._names) - 1


def _places(ranks: array[int], index: int) -> list[int]:
    """Where an index stands; found in C, since it stands in few places of many."""
    found: list[int] = []
    for _ in range(ranks.count(index)):
        found.append(ranks.index(index, found[-1] + 1 if found else 0))
    return found
