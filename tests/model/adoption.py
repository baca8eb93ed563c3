"""How a worker finds the watermarks of jobs, and makes or moves them where nobody else did."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.clock import DAY
from tests.model.jobs import Job, of_unit, timing
from tests.model.rows import Row, Seen
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine
from tests.model.transactions import Entry, Put, RevisionIs, Transaction
from tests.model.values import ENDED, MISSED, NOBODY, Owed

if TYPE_CHECKING:
    from tests.model.worker import Worker

Found = tuple[Entry | None]


def moved(fired: int, wall: int) -> int:
    """Where a watermark goes when a job changes: to now, and always beyond where it was."""
    return max(wall, fired + 1)


def accounted(before: Job | None, unit: str, fired: int, until: int) -> tuple[Put, ...]:
    """The put that accounts for what a version still owed up to the watermark's new place."""
    owed = before.due(fired, until) if before and timing(before) else []
    if before is None or not owed:
        return ()
    value = Owed(before, unit, owed[-1], NOBODY, ENDED, MISSED, tuple(owed[:-1]))
    return (Put(keys.run(before.name, keys.run_id(unit, owed[-1])), value),)


class Adoption:
    """One worker's. A save of ours moves the watermark itself; other changes are made good here."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world

    def adopt(self, unit: str, row: Row) -> Machine[None]:
        """Settle with which watermark the job as it is goes on, or rests when it is deleted."""
        revision = row.revision
        while row.revision == revision and self._worker.ready():
            read = partial(self._world.store.read, keys.fired(unit))
            found: Found | None = yield self._worker.ask_store(read, Errand.ADOPT)
            if found and row.revision == revision:
                entry = found[0]
                if self._stays(entry, unit, row):
                    row.settle(unit, entry.value if entry else 0)
                    break
                if self._worker.ready():  # by the very clock whose time is written
                    yield from self._worker.commit(self._move(entry, unit, row), Errand.ADOPT)
                    self._world.count(f"adoption: {'moves' if entry else 'begins'}")
            yield self._worker.nap(20, 300)
        self._worker.busy.discard(unit)
        if row.job is None and not row.unsettled:
            self._worker.rows.forget(row)

    def _stays(self, entry: Entry | None, unit: str, row: Row) -> bool:
        """Whether the watermark belongs to the job as it is already."""
        over = of_unit(row.job, unit) is None
        if entry is None:
            return over
        if entry.revision >= row.revision or not self._world.rules.on(Rule.ADOPT):
            return True
        rests = entry.lease != 0
        if over:
            return rests
        return not rests and not row.changes_timing(self._before(entry, row), unit)

    def _before(self, entry: Entry, row: Row) -> Seen | None:
        """The version that the watermark belongs to, as far as it is known."""
        if self._world.rules.on(Rule.ADOPT_KNOWN):
            return row.in_force(entry.revision)
        return row.seen_before()

    def _move(self, entry: Entry | None, unit: str, row: Row) -> Transaction:
        unchanged = (
            RevisionIs(keys.job(row.name), row.revision if row.job else 0),
            RevisionIs(keys.fired(unit), entry.revision if entry else 0),
        )
        if entry is None:
            return Transaction(unchanged, (Put(keys.fired(unit), self._worker.wall),))
        at = moved(entry.value, self._worker.wall)
        before = None if entry.lease else self._before(entry, row)
        was = of_unit(before.job, unit) if before else None
        puts = accounted(was, unit, entry.value, at)
        put = Put(keys.fired(unit), at, ttl=0 if of_unit(row.job, unit) else DAY)
        return Transaction(unchanged, (put, *puts))
