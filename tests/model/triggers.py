"""Run now: a trigger's claim deletes the trigger and leaves what is owed for its run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from common import keys
from tests.model.jobs import Job
from tests.model.locks import is_kept, unheld
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine
from tests.model.transactions import (
    Compare,
    Delete,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from tests.model.values import MISSED, RUNNING, SKIPPED, WAITING, Lock, Owed, Trigger, owed_at
from tests.model.view import trigger_key

if TYPE_CHECKING:
    from tests.model.worker import Worker


class Triggers:
    """One worker's."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._world = worker.world

    def take(self, key: str, entry: Entry) -> Machine[None]:
        """Claim one trigger and see its run through, unless there is no room for it now."""
        trigger: Trigger = entry.value
        standing = self._worker.view.get(keys.job(trigger.job.name))
        job: Job = standing.value if standing else trigger.job
        owed = self._owed(job, trigger, there=standing is not None)
        before = None
        if not owed.outcome and self._world.rules.on(Rule.GIVE_WAY):
            before = yield from self._worker.claims.waiting(job, job.name)
            owed = owed.ended(SKIPPED) if before else owed
        if owed.state != RUNNING or (self._worker.has_room and not self._worker.draining):
            run = f"{keys.run_id(job.name, owed.due)}!{trigger.identity}"
            self._worker.known.add(run)
            transaction = self._transaction(entry, standing, run, owed, before)
            decision = yield from self._worker.claims.decide(transaction, run, owed, Errand.CLAIM)
            if decision.held:
                self._world.count(f"trigger: {owed.state} {owed.outcome}")
                yield from self._worker.runs.go_on(decision.held)
            self._worker.known.discard(run)
        self._worker.busy.discard(key)

    def _owed(self, job: Job, trigger: Trigger, there: bool) -> Owed:
        wall = self._worker.wall
        owed = owed_at(job, job.name, trigger.at, self._worker.incarnation, wall)
        owed = replace(owed, manual=trigger.identity)
        if not there or wall > trigger.until:
            return owed.ended(MISSED)
        if job.locks and self._is_held(job.name) and self._compares_lock():
            skips = job.overlap == "skip"
            lock = self._worker.view.get(keys.lock(job.name))
            foreign = lock is not None and not lock.value.run
            return owed.ended(SKIPPED) if skips or foreign else replace(owed, state=WAITING)
        return owed

    def _compares_lock(self) -> bool:
        return self._world.rules.on(Rule.LOCK_COMPARE)

    def _is_held(self, name: str) -> bool:
        lock = self._worker.view.get(keys.lock(name))
        return lock is not None and not is_kept(lock, self._world.rules)

    def _transaction(
        self,
        entry: Entry,
        standing: Entry | None,
        run: str,
        owed: Owed,
        before: tuple[str, Entry] | None = None,
    ) -> Transaction:
        name, trigger = owed.job.name, trigger_key(owed.job.name, owed.manual)
        lock = keys.lock(name)
        compares: tuple[Compare, ...] = (
            RevisionIs(trigger, entry.revision),
            RevisionIs(keys.job(name), standing.revision if standing else 0),
            Exists(keys.alive(owed.incarnation)),
        )
        then: tuple[Operation, ...] = (Delete(trigger), Put(keys.run(name, run), owed))
        if owed.outcome != MISSED and owed.job.locks and self._compares_lock():
            held = owed.state != RUNNING and self._is_held(name)
            there = self._worker.view.get(lock)
            kept = there if is_kept(there, self._world.rules) else None
            compares += (Exists(lock),) if held else unheld(name, kept, self._world.rules)
            if before and not held:
                compares += (RevisionIs(keys.run(name, before[0]), before[1].revision),)
        if owed.state == RUNNING and owed.job.locks:
            then += (Put(lock, Lock(run, owed.incarnation), self._worker.lease),)
        return Transaction(compares, then, (Read(keys.run(name, run)),), owed.job.weight)
