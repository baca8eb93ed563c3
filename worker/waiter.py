"""Waiters, and the queue in which they stand: each until a moment, found by run, job and unit."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

from common.job import Job
from common.owed import Owed
from worker.claim import Claim

AGAIN_SECONDS = 0.5
"""So often it is looked whether a waiter's lock is free, beside when it may well be."""


@dataclass(slots=True, eq=False)
class Waiter:
    """A run that waits; its key is at `revision`, and was `created` at one.

    `turning` while it is asked whether it is its turn, with the job as it was then; `tried` once
    it was asked. `off` is why it was called off meanwhile. Since when there was no room for it is
    `crowded`, and `strange` since when nobody was there to run it, or its job was not to be found;
    at `due` its delay is over (all boot seconds). `version` tells its places in the queue apart.
    """

    claim: Claim
    revision: int
    created: int
    owed: Owed
    turning: bool = False
    tried: bool = False
    off: str = ""
    crowded: float = 0.0
    strange: float = 0.0
    due: float = 0.0
    job: Job | None = None
    version: int = 0

    def ask(self) -> None:
        """Whether it is its turn is asked from now on."""
        self.turning = self.tried = True


class Queue:
    """Who stands until when (boot seconds); who is popped stays known until removed."""

    def __init__(self) -> None:
        self._waiters: dict[str, Waiter] = {}
        self._groups: dict[tuple[str, str], dict[str, Waiter]] = {}
        self._heap: list[tuple[float, int, Waiter]] = []
        self._versions = itertools.count(1)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._waiters

    def __len__(self) -> int:
        return len(self._waiters)

    def get(self, run_id: str) -> Waiter:
        """The waiter of a run; KeyError where none is known."""
        return self._waiters[run_id]

    def put(self, waiter: Waiter, at: float) -> None:
        """Let it stand until this moment, and nowhere else."""
        waiter.version = next(self._versions)
        self._waiters[waiter.claim.run_id] = waiter
        for group in _groups(waiter):
            self._groups.setdefault(group, {})[waiter.claim.run_id] = waiter
        heapq.heappush(self._heap, (at, waiter.version, waiter))

    def remove(self, waiter: Waiter) -> None:
        """Know it no more."""
        run_id = waiter.claim.run_id
        if self._waiters.get(run_id) is not waiter:
            return
        del self._waiters[run_id]
        for group in _groups(waiter):
            del self._groups[group][run_id]
            if not self._groups[group]:
                del self._groups[group]

    def of_job(self, name: str) -> list[Waiter]:
        """Those of a job."""
        return list(self._groups.get(("job", name), {}).values())

    def of_unit(self, unit: str) -> list[Waiter]:
        """Those of a unit, the oldest instant first."""
        found = self._groups.get(("unit", unit), {}).values()
        return sorted(found, key=lambda each: (each.claim.plan_time, each.claim.attempt))

    def next_at(self) -> float | None:
        """The first moment at which somebody is done standing; None: there is nobody."""
        self._prune()
        return self._heap[0][0] if self._heap else None

    def pop(self, now: float) -> Waiter | None:
        """The first whose moment has come; None: nobody's has."""
        self._prune()
        if not self._heap or self._heap[0][0] > now:
            return None
        return heapq.heappop(self._heap)[2]

    def _prune(self) -> None:
        """Drop places in which nobody stands any more."""
        while self._heap:
            _, version, waiter = self._heap[0]
            known = self._waiters.get(waiter.claim.run_id)
            if known is waiter and waiter.version == version:
                return
            heapq.heappop(self._heap)


def _groups(waiter: Waiter) -> tuple[tuple[str, str], ...]:
    return ("job", waiter.claim.name), ("unit", waiter.claim.unit)
