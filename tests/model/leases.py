"""The leases of a world's store, and which keys hang on them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.model.clock import REGISTERED


@dataclass(slots=True)
class Lease:
    """When it ends unless it is renewed, how long it lasts, and its keys."""

    end: int
    ttl: int
    keys: set[str] = field(default_factory=set)


class Leases:
    """All leases, by id."""

    def __init__(self) -> None:
        self._leases: dict[int, Lease] = {}
        self._ends: list[tuple[int, int]] = []
        self._count = 0

    def __contains__(self, lease: int) -> bool:
        return lease in self._leases

    def grant(self, now: int, ttl: int) -> int:
        """A new lease's id."""
        self._count += 1
        self._leases[self._count] = Lease(now + ttl, ttl)
        heapq.heappush(self._ends, (now + ttl, self._count))
        return self._count

    def renew(self, lease: int, now: int) -> bool:
        """Let it last its full length again; whether it is there."""
        found = self._leases.get(lease)
        if found:
            self._until(lease, now + found.ttl)
        return found is not None

    def end_of(self, lease: int) -> int | None:
        """When it ends as of now; None when it is gone."""
        found = self._leases.get(lease)
        return found.end if found else None

    def bind(self, key: str, before: int, lease: int) -> None:
        """Let the key hang on a lease and no more on the one before; 0 is none."""
        if before in self._leases:
            self._leases[before].keys.discard(key)
        if lease:
            self._leases[lease].keys.add(key)

    def expire(self, now: int) -> list[list[str]]:
        """Take out the leases that have ended; the keys of each."""
        gone = []
        while self._ends and self._ends[0][0] <= now:
            end, lease = heapq.heappop(self._ends)
            found = self._leases.get(lease)
            if found and found.end == end:
                del self._leases[lease]
                gone.append(sorted(found.keys))
        return gone

    def begin_anew(self, now: int) -> None:
        """A new leader lets leases last their full length again; the short ones ran out before."""
        for lease in self._long():
            self._until(lease, max(self._leases[lease].end, now + self._leases[lease].ttl))

    def _long(self) -> Iterable[int]:
        return [lease for lease, found in self._leases.items() if found.ttl > REGISTERED]

    def _until(self, lease: int, end: int) -> None:
        self._leases[lease].end = end
        heapq.heappush(self._ends, (end, lease))
