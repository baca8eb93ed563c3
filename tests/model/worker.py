"""A worker: its life, its incarnation's lease, its registration, and what it sees of the store."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from common import keys
from tests.model.adoption import Adoption
from tests.model.claims import Claims
from tests.model.clock import LOST_AFTER, MARGIN, REGISTERED
from tests.model.ends import Ends
from tests.model.fallback import Fallback
from tests.model.host import Host, Saved
from tests.model.locks import Marks
from tests.model.process import Process
from tests.model.recovery import Recovery
from tests.model.rows import Rows
from tests.model.rules import Rule
from tests.model.runs import Runs
from tests.model.scheduler import Scheduler
from tests.model.steps import Errand, Machine, Step
from tests.model.store import Look
from tests.model.transactions import Put, Transaction
from tests.model.triggers import Triggers
from tests.model.values import Registration
from tests.model.view import NOTHING, View
from tests.model.waits import Waits

if TYPE_CHECKING:
    from tests.model.world import World


class Worker(Process):
    """Its parts share what is here: incarnation, view, and the runs that are in its hands."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.host = Host()
        self.slots = self.random.randint(1, 4)
        self.draining = False
        self._forget()

    def _forget(self) -> None:
        """All that lives in memory begins anew."""
        self.view: View = NOTHING
        self.rows = Rows()
        self.incarnation = ""
        self.lease = self.deadline = self.running = 0
        self.known: set[str] = set()
        self.busy: set[str] = set()
        self.fallback = Fallback(self)
        self.ends = Ends(self)
        self.runs = Runs(self)
        self.waits = Waits(self)
        self.marks = Marks(self)
        self.claims = Claims(self)
        self.triggers = Triggers(self)
        self.adoption = Adoption(self)
        self.recovery = Recovery(self)
        self.scheduler = Scheduler(self)

    @property
    def has_room(self) -> bool:
        """Whether one more run may be taken."""
        return self.running < self.slots

    def lease_end(self) -> int | None:
        """When its incarnation's lease ends, by the store; None: it has none."""
        saved = self.host.saved
        return self.world.store.leases.end_of(self.lease or (saved.lease if saved else 0))

    def holds(self, incarnation: str) -> bool:
        """Whether this is ours and its lease surely lives."""
        return self.incarnation == incarnation and self.world.agenda.now < self.deadline

    def ready(self) -> bool:
        """Whether it may claim and record: its lease lives and its clock agrees with others."""
        if self.view is NOTHING or not self.holds(self.incarnation):
            return False
        return not self.world.rules.on(Rule.CLOCK) or self.clock_agrees(self.view)

    def registration(self) -> Registration:
        """What it tells the others."""
        now, room = self.world.agenda.now, self.has_room
        return Registration(self.offset, now, self.draining, room, self.incarnation)

    def start(self) -> None:
        """Begin a life with what the host kept."""
        super().start()
        self._forget()
        self.go(self._begin())

    def crash(self) -> None:
        """The process dies; perhaps the host reboots; perhaps its disk is lost."""
        kind = self.random.choice(["process", "process", "reboot", "disk", "state"])
        self.world.count(f"crash: {kind}")
        self.world.story.tell(self.name, "crash", kind)
        self.up = False
        self.life += 1
        if kind in ("reboot", "disk"):
            self.host.reboot(self.world.agenda.now)
        if kind in ("disk", "state"):
            self.world.witness.disk_lost(self.host)
            self.host.lose_state()
        away = self.world.provocation.away(self) or self.random.randint(500, 45_000)
        self.world.agenda.after(away, self._restart)

    def _restart(self) -> None:
        if not self.up:
            self.start()

    def heal(self) -> None:
        """Nothing is wrong with it any more."""
        self.draining = False
        super().heal()

    def _begin(self) -> Machine[None]:
        saved = self.host.saved
        if saved and saved.boot != self.host.boot:
            self.host.journal = {}
            saved = None
        resumed = saved is not None and (yield from self._resume(saved))
        if resumed and self.world.rules.on(Rule.KEPT_RESUMED):
            yield from self.marks.remove_left()
        self.runs.tell_again()
        self.runs.adopt()
        if not resumed:
            yield from self._incarnate()
        for machine in (
            self._keep(),
            self._register(),
            self._watch(),
            self.scheduler.run(),
            self.recovery.run(),
        ):
            self.go(machine)

    def _resume(self, saved: Saved) -> Machine[bool]:
        """Renew the old incarnation's lease, and go on as the same if it is still there."""
        sent, kept = self.world.agenda.now, None
        if not self.world.rules.on(Rule.RENEW_FIRST):
            kept = True
        while kept is None:
            sent = self.world.agenda.now
            kept = yield self._renewal(saved.lease)
        if kept:
            self.incarnation, self.lease = saved.incarnation, saved.lease
            self.deadline = sent + LOST_AFTER - MARGIN
            self.world.count("restart: same incarnation")
        return bool(kept)

    def _incarnate(self) -> Machine[None]:
        """A name of its own for every lease: a late put must not move alive/ to an old lease."""
        self.deadline = 0
        while True:
            self.incarnation = f"{self.name}.{self.random.randrange(10**6)}"
            sent = self.world.agenda.now
            grant = partial(self.world.store.grant, LOST_AFTER)
            lease: int | None = yield self.ask_store(grant, Errand.LEASE)
            if lease is not None:
                alive = Put(keys.alive(self.incarnation), self.name, lease)
                answer = yield from self.commit(Transaction((), (alive,)), Errand.LEASE)
                if answer and answer.won:
                    break
            yield self.nap(100, 1000)
        self.lease, self.deadline = lease, sent + LOST_AFTER - MARGIN
        self.host.saved = Saved(self.incarnation, lease, self.host.boot)
        self.world.count("incarnation")

    def _renewal(self, lease: int) -> Step:
        return self.ask_store(partial(self.world.store.renew, lease), Errand.LEASE)

    def _keep(self) -> Machine[None]:
        while True:
            yield self.nap(7000, 9000)
            kept: bool | None = None
            while kept is None:
                sent = self.world.agenda.now
                kept = yield self._renewal(self.lease)
            if kept:
                self.deadline = sent + LOST_AFTER - MARGIN
            else:
                self.world.count("lease lost by a living worker")
                yield from self._incarnate()

    def _register(self) -> Machine[None]:
        while True:
            put = Put(keys.worker(self.name), self.registration(), ttl=REGISTERED)
            yield from self.commit(Transaction((), (put,)), Errand.PRESENCE)
            yield self.nap(1500, 3500)

    def _watch(self) -> Machine[None]:
        """Stands for the watch: no change of a job is missed, and all of it is some seconds old."""
        while True:
            look = partial(self.world.store.look, self.rows.revision)
            seen: Look | None = yield self.ask_store(look, Errand.LOOK)
            if seen is not None:
                self.view = seen.view
                self.rows.heard(seen)
            yield self.nap(100, 1200)
