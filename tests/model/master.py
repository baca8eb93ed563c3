"""A master: it edits jobs with compare-and-set, and gives up what was not answered in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.edits import TRIGGER_LASTS, Edit, by_hand, saving, triggering, withdrawing
from tests.model.jobs import FOR_EVER, Job
from tests.model.process import Process
from tests.model.rules import Rule
from tests.model.steps import Errand, Machine
from tests.model.store import Look, Store
from tests.model.transactions import Answer, Put, Transaction
from tests.model.values import Killer, Told, Trigger
from tests.model.view import View, clock_key

if TYPE_CHECKING:
    from tests.model.world import World

CLOCK_LASTS, KILLER_LASTS = 30_000, 3_600_000
CLOCK_TOLD, SET_BY = 10_000, 1_000
"""How often a clock is told; a change by more than this was made by somebody."""
PATIENCE = 8000
"""An edit is not sent again when it is so old."""
ASKS = ("trigger", "kill")
WITHDRAWN = 0.7
"""So many of the triggers that a kill means are seen by who kills."""


class Master(Process):
    """Now and then it edits a job, or the same one several times in a burst."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self._edits = 0

    def start(self) -> None:
        """Begin a life."""
        super().start()
        self.go(self._tick())
        self.go(self._work())

    def crash(self) -> None:
        """The process dies, and soon begins anew."""
        self.up = False
        self.life += 1
        self.world.agenda.after(self.random.randint(500, 5000), self._restart)

    def _restart(self) -> None:
        if not self.up:
            self.start()

    def _tick(self) -> Machine[None]:
        """Tell the clock every ten seconds, and when it was set."""
        last: Told | None = None
        while True:
            told = Told(self.offset, self.world.agenda.now)
            old = last is None or told.sent >= last.sent + CLOCK_TOLD
            if old or (last and abs(told.offset - last.offset) > SET_BY):
                put = Put(clock_key(self.name), told, ttl=CLOCK_LASTS)
                yield from self.commit(Transaction((), (put,)), Errand.PRESENCE)
                last = told
            yield self.nap(1000, 1000)

    def _work(self) -> Machine[None]:
        while not self.world.healed:
            yield self.nap(500, self.world.jobs.pace)
            name = self.random.choice(self.world.jobs.names)
            for _ in range(self.random.choice(self.world.provocation.bursts)):
                yield from self._change(name)
                yield self.nap(50, 800)

    def _change(self, name: str) -> Machine[None]:
        seen: Look | None = yield self.ask_store(self.world.store.look, Errand.LOOK)
        if seen is None or self.world.healed:
            return
        view = seen.view
        if self.world.rules.on(Rule.MASTER_CLOCK) and not self.clock_agrees(view):
            self.world.count("master: its clock is off")
            return
        job = view.job(name)
        kind = self.random.choice(self.world.provocation.edits) if job else "make"
        if kind == "nothing":
            return
        self.world.count(f"master: {kind}")
        if kind == "trigger" and job and job.hosts == 1:
            yield from self._trigger(job, view)
        elif kind == "kill":
            yield from self._kill(name, view)
        elif kind not in ASKS:
            yield from self._edit(Edit(name, view, self._after(kind, name, job)))

    def _after(self, kind: str, name: str, job: Job | None) -> Job | None:
        """What the job becomes."""
        jobs = self.world.jobs
        if job is None:
            return jobs.make(name)
        if kind == "edit":
            return replace(job, length=self.random.randint(200, 15_000))
        if kind == "hosts":
            return replace(job, hosts=self.random.choice([1, 2, 3, 5]))
        if kind == "schedule":
            return replace(job, period=jobs.period(), phase=jobs.phase())
        return None if kind == "delete" else replace(job, rests_until=self._pause(job))

    def _pause(self, job: Job) -> int:
        """Until when it is paused now, or 0: it goes on, also before its pause has ended.

        Half of the pauses end by themselves, within a minute.
        """
        soon = self.wall + 500 + self.wall % 59_500
        return 0 if job.rests_until > self.wall else FOR_EVER if self.wall % 2 else soon

    def _edit(self, edit: Edit) -> Machine[None]:
        if self.random.random() < self.world.provocation.by_hand:
            self.world.count("master: by hand")
            yield from self._send(partial(self.world.store.commit, by_hand(edit)))
            return
        self._edits += 1
        transaction = saving(edit, self.wall, self.world.rules)
        number = self._edits
        answer = yield from self._send(
            lambda: self._commit(self.world.store, transaction, number, edit.name)
        )
        result = "refused, changed meanwhile"
        if answer is None or answer.won:
            result = "gave up" if answer is None else "saved"
        self.world.count(f"master: {result}")

    def _commit(self, store: Store, transaction: Transaction, edit: int, name: str) -> Answer:
        answer = store.commit(transaction)
        if answer.won:
            self.world.witness.edited((self.name, edit), name)
        return answer

    def _send(self, call: Callable[[], Answer]) -> Machine[Answer | None]:
        """Send the identical request until it is answered, or for some seconds."""
        begun = self.world.agenda.now
        while True:
            answer: Answer | None = yield self.ask_store(call, Errand.EDIT)
            if answer is not None or self.world.agenda.now > begun + PATIENCE:
                return answer
            yield self.nap(50, 1500)

    def _trigger(self, job: Job, view: View) -> Machine[None]:
        entry = view.get(keys.job(job.name))
        identity, at = f"{self.random.randrange(10**6)}", self.wall
        trigger = Trigger(identity, at, at + TRIGGER_LASTS, job)
        revision = entry.revision if entry else 0
        transaction = triggering(job, revision, trigger, self.world.rules)
        yield from self.sure(transaction, Errand.EDIT, until=lambda: True)

    def _kill(self, name: str, view: View) -> Machine[None]:
        for key, entry in view.kind("trigger").items():
            if key.startswith(f"{name}/") and self.random.random() < WITHDRAWN:
                self.world.count("master: withdraws")
                yield from self.commit(withdrawing(name, entry, self.world.rules), Errand.EDIT)
        runs = [run.partition("/")[2] for run in view.kind("runs") if run.startswith(f"{name}/")]
        put = Put(keys.killer(name), Killer(self.random.choice(["", *runs])), ttl=KILLER_LASTS)
        yield from self.commit(Transaction((), (put,)), Errand.EDIT)
