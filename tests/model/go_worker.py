"""A worker of the Go system: it sleeps, locks the job's name, runs it, and lets go of the lock."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.clock import REGISTERED
from tests.model.jobs import Job
from tests.model.process import Process
from tests.model.steps import Errand, Machine
from tests.model.store import Look
from tests.model.transactions import Absent, Delete, Put, RevisionIs, Transaction
from tests.model.values import GO, Lock
from tests.model.view import NOTHING, View

if TYPE_CHECKING:
    from tests.model.world import World

LEASE, RENEWED = 5000, 1000


class GoWorker(Process):
    """It knows of nothing but jobs, their schedules and their locks, and keeps no promise."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self._view: View = NOTHING
        self._tried: dict[str, int] = {}

    def start(self) -> None:
        """Begin a life."""
        super().start()
        self._view, self._tried = NOTHING, {}
        for machine in (self._register(), self._watch(), self._schedule()):
            self.go(machine)

    def crash(self) -> None:
        """The process dies, and later begins anew."""
        self.up = False
        self.life += 1
        self.world.agenda.after(self.random.randint(500, 20_000), self._restart)

    def _restart(self) -> None:
        if not self.up:
            self.start()

    def _register(self) -> Machine[None]:
        while True:
            put = Put(keys.worker(self.name), GO, ttl=REGISTERED)
            yield from self.commit(Transaction((), (put,)), Errand.PRESENCE)
            yield self.nap(1500, 3500)

    def _watch(self) -> Machine[None]:
        while True:
            seen: Look | None = yield self.ask_store(self.world.store.look, Errand.LOOK)
            self._view = seen.view if seen else self._view
            yield self.nap(100, 500)

    def _schedule(self) -> Machine[None]:
        while True:
            yield self.nap(20, 150)
            for name, entry in self._view.kind("jobs").items():
                job: Job = replace(entry.value, rests_until=0)
                since, self._tried[name] = self._tried.get(name, self.wall), self.wall
                for due in job.due(since, self.wall):
                    self.go(self._run(job, due))

    def _run(self, job: Job, due: int) -> Machine[None]:
        yield self.nap(*self.world.provocation.go_sleeps)
        lock = keys.lock(job.name)
        lease: int | None = yield self.ask_store(
            partial(self.world.store.grant, LEASE), Errand.LEASE
        )
        if lease is None:
            return
        put = Put(lock, Lock("", self.name), lease)
        answer = yield from self.commit(Transaction((Absent(lock),), (put,)), Errand.CLAIM)
        self.world.count(f"go: {'runs' if answer and answer.won else 'finds the lock held'}")
        if answer is None or not answer.won:
            return
        self.world.witness.go_started(keys.run_id(job.name, due))
        end = self.world.agenda.now + round(job.length * self.random.uniform(0.2, 1.5))
        while self.world.agenda.now < end:
            yield self.nap(1, min(RENEWED, end - self.world.agenda.now))
            yield self.ask_store(partial(self.world.store.renew, lease), Errand.LEASE)
        unlock = Transaction((RevisionIs(lock, answer.revision),), (Delete(lock),))
        yield from self.commit(unlock, Errand.END)
