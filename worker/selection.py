"""Which workers come first for the jobs of one selector: worked out for the slots of those jobs.

There may be a selector for each host, so a table of all slots would be too much for one.
"""

from __future__ import annotations

from worker.slots import RANKS
from worker.weights import Weights

NOBODY: frozenset[str] = frozenset()


class Selection:
    """The first three of some slots, among workers that come and go."""

    def __init__(self, weights: Weights, workers: frozenset[str] = NOBODY) -> None:
        self._weights = weights
        self._workers = workers
        self._first: dict[int, tuple[str, ...]] = {}

    def first(self, slot: int) -> tuple[str, ...]:
        """The first three of a slot, fewer where there are not so many; kept from now on."""
        known = self._first.get(slot)
        if known is None:
            known = self._first[slot] = self._weights.heaviest(self._workers, slot, RANKS)
        return known

    def rank(self, slot: int, worker: str) -> int | None:
        """0, 1 or 2 for the first three of a slot, None for all others."""
        first = self.first(slot)
        return first.index(worker) if worker in first else None

    def forget(self, slot: int) -> None:
        """The slot has no job any more."""
        self._first.pop(slot, None)

    def become(self, workers: frozenset[str]) -> set[int]:
        """Rank these workers and no others; the kept slots whose first three are others now."""
        gone, come = self._workers - workers, workers - self._workers
        self._workers = workers
        changed = set()
        for slot, before in self._first.items() if gone or come else ():
            if not gone.isdisjoint(before):
                after = self._weights.heaviest(workers, slot, RANKS)
            elif self._may_enter(come, slot, before):
                after = self._weights.heaviest(come.union(before), slot, RANKS)
            else:
                continue
            if after != before:
                self._first[slot] = after
                changed.add(slot)
        return changed

    def _may_enter(self, come: frozenset[str], slot: int, first: tuple[str, ...]) -> bool:
        """Whether one of those that come may be among the first three; mostly none is."""
        if len(first) < RANKS:
            return bool(come)
        least = self._weights.of(first[-1])[slot]
        return any(self._weights.of(worker)[slot] >= least for worker in come)
