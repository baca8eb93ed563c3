"""Locks: held by a run, or kept for a while after its end beside Go workers, and then removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import keys
from tests.model.host import Held
from tests.model.rules import Rule, Rules
from tests.model.steps import Errand, Machine, Pause
from tests.model.store import Look
from tests.model.transactions import (
    Absent,
    Compare,
    Delete,
    Entry,
    Exists,
    Put,
    RevisionIs,
    Transaction,
    ValueIs,
)
from tests.model.values import RUNNING, Lock

if TYPE_CHECKING:
    from tests.model.worker import Worker

KEPT = 1200
"""So long after an instant no Go worker finds the lock free."""


def unheld(unit: str, kept: Entry | None, rules: Rules) -> tuple[Compare, ...]:
    """Hold while the unit's lock is as free as it was seen: not there, or kept as in `kept`."""
    if not rules.on(Rule.LOCK_COMPARE):
        return ()
    if kept is None:
        return (Absent(keys.lock(unit)),)
    if not rules.on(Rule.KEPT_COMPARE):
        return (Exists(keys.lock(unit)),)
    return (RevisionIs(keys.lock(unit), kept.revision),)


def is_kept(entry: Entry | None, rules: Rules) -> bool:
    """Whether it is a lock that is as good as free."""
    return entry is not None and entry.value.ended and rules.on(Rule.KEPT_FREE)


def removing(key: str, lock: Lock, rules: Rules) -> Transaction:
    """Remove a lock that was kept, unless a claim has taken it over."""
    compares = (ValueIs(key, lock),) if rules.on(Rule.KEPT_OWN) else ()
    return Transaction(compares, (Delete(key),))


class Marks:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world
        self._kept: set[Lock] = set()

    def mark(self, held: Held) -> Put | None:
        """What an end writes over its lock, to be `kept` then; None: it goes at once."""
        owed, worker = held.owed, self._worker
        wanted = worker.view.has_go_worker and self._world.rules.on(Rule.KEEP)
        if not wanted or owed.unit != owed.job.name or not worker.holds(owed.incarnation):
            return None
        if self._until(held) <= worker.wall:
            return None
        self._world.count("lock: kept")
        lock = Lock(held.run, owed.incarnation, ended=True)
        return Put(keys.lock(owed.unit), lock, worker.lease)

    def kept(self, held: Held, mark: Put) -> None:
        """The end is written, or was before: the lock goes when no Go worker wants it any more."""
        self._kept.add(mark.value)
        left = max(0, self._until(held) - self._worker.wall)
        self._worker.go(self._remove_later(mark.key, mark.value, left))

    def drop(self, held: Held) -> None:
        """The run was ended before: perhaps an end by a former life came late, and keeps it."""
        owed = held.owed
        lock = Lock(held.run, owed.incarnation, ended=True)
        if lock in self._kept or not self._world.rules.on(Rule.KEPT_LATE):
            return
        if owed.state == RUNNING and owed.job.locks:
            self._worker.go(self._remove(keys.lock(owed.unit), lock))

    def _until(self, held: Held) -> int:
        """When Go workers no longer try the last instant that the run held the lock at."""
        wall, own = self._worker.wall, held.owed.due
        return KEPT + (max(own, wall) if held.owed.job.due(own, wall) else own)

    def _remove_later(self, key: str, lock: Lock, left: int) -> Machine[None]:
        yield Pause(left)
        yield from self._remove(key, lock)

    def _remove(self, key: str, lock: Lock) -> Machine[None]:
        asked = removing(key, lock, self._world.rules)
        until = self._worker.claims.expired(lock.incarnation)
        yield from self._worker.sure(asked, Errand.END, until)

    def remove_left(self) -> Machine[None]:
        """A former life of this incarnation kept some, and nobody else removes them."""
        seen: Look | None = None
        while seen is None:
            seen = yield self._worker.ask_store(self._world.store.look, Errand.LOOK)
        for unit, entry in seen.view.kind("lock").items():
            if entry.value.ended and entry.value.incarnation == self._worker.incarnation:
                self._world.count("lock: kept by a former life")
                yield from self._remove(keys.lock(unit), entry.value)
