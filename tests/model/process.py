"""A process: step machines that share one life, one wall clock and one way to the servers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tests.model.clock import SKEW
from tests.model.outbox import Outbox
from tests.model.steps import Ask, Errand, Machine, Moment, Pause, Post, Server, Step
from tests.model.transactions import Answer, Transaction
from tests.model.values import Told
from tests.model.view import View

if TYPE_CHECKING:
    from tests.model.world import World

OFF_BY = 5_000
"""Clocks that are apart by more do not agree."""
SHORT = 20
"""After a pause that is no longer, a crash is tried."""


def never() -> bool:
    """No request is given up."""
    return False


class Process(ABC):
    """A crash ends all its machines, a freeze holds all of them back."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.random = world.random
        self.name = name
        self.up = False
        self.life = 0
        self.fragile = 0.0
        self.frozen_until = 0
        self.cut_until = {Server.STORE: 0, Server.LOG: 0}
        self.deaf_until = 0
        self.offset = self.random.choice([-SKEW, SKEW, self.random.randint(-1500, 1500)])
        self.outbox = Outbox(self)

    @property
    def wall(self) -> int:
        """What its wall clock shows."""
        return self.world.agenda.now + self.offset

    def start(self) -> None:
        """Begin a life."""
        self.up = True
        self.life += 1
        self.outbox = Outbox(self)

    @abstractmethod
    def crash(self) -> None:
        """End it; a new one begins by itself."""

    def lease_end(self) -> int | None:
        """When its incarnation's lease ends, by the store; None: it has none."""
        return None

    def cut_off(self, server: Server) -> bool:
        """Whether nothing reaches the server."""
        return self.world.agenda.now < self.cut_until[server]

    def deaf_to(self, server: Server) -> bool:
        """Whether no answer of the server arrives."""
        deaf = server is Server.STORE and self.world.agenda.now < self.deaf_until
        return deaf or self.cut_off(server)

    def heal(self) -> None:
        """Nothing is wrong with it any more."""
        self.frozen_until = self.deaf_until = 0
        self.cut_until = dict.fromkeys(self.cut_until, 0)
        self.offset = max(-SKEW, min(SKEW, self.offset))
        if not self.up:
            self.start()

    def nap(self, shortest: int, longest: int) -> Pause:
        """A pause somewhere between."""
        return Pause(self.random.randint(shortest, longest))

    def go(self, machine: Machine[None]) -> None:
        """Let a machine run from now on."""
        self.world.agenda.after(0, self._step, machine, self.life, None)

    def _step(
        self,
        machine: Machine[None],
        life: int,
        given: object,
        keen: bool = True,
        moment: Moment | None = None,
    ) -> None:
        if life != self.life or not self.up:
            return
        if moment:
            self.world.provocation.at(self, moment)
        now = self.world.agenda.now
        if now < self.frozen_until:
            thaw = self.frozen_until - now + self.random.randint(0, 200)
            self.world.agenda.after(thaw, self._step, machine, life, given, keen)
        elif life == self.life and not (keen and self._breaks()):
            self.world.steps += 1
            try:
                step = machine.send(given)
            except StopIteration:
                return
            self._wait(machine, life, step)

    def _breaks(self) -> bool:
        if self.world.healed or self.random.random() >= self.fragile:
            return False
        self.crash()
        return True

    def _wait(self, machine: Machine[None], life: int, step: Step) -> None:
        if isinstance(step, Pause):
            short = step.ms <= SHORT
            self.world.agenda.after(
                step.ms, self._step, machine, life, None, short, step.moment
            )  # fmt: skip
            return
        back = partial(self._step, machine, life)
        if isinstance(step, Ask):
            self.world.network.send(self, step, back)
        else:
            self.outbox.post(step, back)

    def ask_store(self, call: Callable[[], object], errand: Errand) -> Ask:
        """A request to the store."""
        return Ask(Server.STORE, call, errand)

    def commit(self, transaction: Transaction, errand: Errand) -> Machine[Answer | None]:
        """Send a transaction once; None when no answer came."""
        answer: Answer | None = yield self.ask_store(
            partial(self.world.store.commit, transaction), errand
        )
        return answer

    def sure(
        self,
        transaction: Transaction,
        errand: Errand,
        until: Callable[[], bool] = never,
        batched: bool = False,
    ) -> Machine[Answer | None]:
        """Send the identical transaction until it is answered; None when `until` said so first."""
        while True:
            if batched:
                answer: Answer | None = yield Post(transaction, errand)
            else:
                answer = yield from self.commit(transaction, errand)
            if answer is not None:
                return answer
            self.world.count("outcome unknown")
            if until():
                self.world.count("outcome unknown: given up")
                return None
            yield self.nap(50, 1500)

    def clock_agrees(self, view: View) -> bool:
        """Whether more than half of all clocks agree with ours: it, the heard, the log store's."""
        heard = [0]
        for kind in ("workers", "clock"):
            for name, entry in view.kind(kind).items():
                if name != self.name and isinstance(entry.value, Told):
                    heard.append(entry.value.offset)
        off = sum(abs(offset - self.offset) > OFF_BY for offset in heard)
        return 2 * off < len(heard) + 1
