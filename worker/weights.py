"""Slots and weights: what decides which workers come first for a job, the same on every worker.

A job's slot is a hash of its name. Every worker has a weight in each slot, a hash of its own name;
the heaviest three are the first three (rendezvous hashing).
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from array import array
from collections.abc import Collection, Set

SLOTS = 16_384


def slot_of(job: str) -> int:
    """The slot of a job, by its name."""
    return zlib.crc32(job.encode("utf-8", "surrogateescape")) % SLOTS


def weights(worker: str) -> array[int]:
    """The weight of a worker in every slot: 32 bits each, all from one hash of its name."""
    found = array("I")
    found.frombytes(hashlib.shake_128(worker.encode()).digest(found.itemsize * SLOTS))
    if sys.byteorder == "big":
        found.byteswap()
    return found


class Weights:
    """The weights of workers, each 64 KiB that all tables share."""

    def __init__(self) -> None:
        self._known: dict[str, array[int]] = {}

    def of(self, worker: str) -> array[int]:
        """A worker's weights."""
        known = self._known.get(worker)
        if known is None:
            known = self._known[worker] = weights(worker)
        return known

    def keep(self, workers: Collection[str]) -> None:
        """Forget those of all other workers."""
        for gone in self._known.keys() - workers:
            del self._known[gone]

    def heaviest(self, workers: Set[str], slot: int, most: int) -> tuple[str, ...]:
        """At most so many of the workers, the heaviest of a slot first; equal ones by name."""
        known = self._known
        for worker in workers - known.keys():
            self.of(worker)
        held = {worker: known[worker][slot] for worker in workers}
        if not held or most <= 0:
            return ()
        least = sorted(held.values(), reverse=True)[:most][-1]
        close = [worker for worker, weight in held.items() if weight >= least]
        close.sort(key=lambda worker: (-held[worker], worker))
        return tuple(close[:most])
