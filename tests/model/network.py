"""The way from processes to servers: requests are lost, answers are lost, copies come late."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from tests.model.steps import Ask, Server

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World


class Fate(Enum):
    """What becomes of one request."""

    FINE = auto()
    LOST = auto()
    ANSWER_LOST = auto()
    LATE = auto()


Back = Callable[[object], None]


class Network:
    """Carries requests. Healed or not, copies that were sent before keep their fate."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._loss, self._late = self._random.choice(
            [(0.0, 0.0), (0.02, 0.01), (0.05, 0.05), (0.15, 0.1)]
        )
        self.stalled_until = {Server.STORE: 0, Server.LOG: 0}

    def send(self, process: Process, ask: Ask, back: Back) -> None:
        """Carry one request; `back` is called once, with the answer or with None."""
        reply = _Once(back)
        fate = self._fate(process, ask)
        if fate is not Fate.FINE:
            self._world.count(f"request: {fate.name.lower().replace('_', ' ')}")
        if fate is not Fate.LOST:
            slow = fate is Fate.LATE
            delay = (
                self._random.randint(*self._world.provocation.lateness)
                if slow
                else self._random.randint(1, 50)
            )
            answered = fate is Fate.FINE
            self._world.agenda.after(delay, self._arrive, process, ask, reply if answered else None)
        self._world.agenda.after(self._patience(), reply, None)

    def heal(self) -> None:
        """Nothing stands still any more."""
        self.stalled_until = dict.fromkeys(self.stalled_until, 0)

    def _patience(self) -> int:
        """How long the sender waits for an answer."""
        if self._world.healed:
            return 2000
        return self._random.choice([self._random.randint(60, 200), 2000])

    def _fate(self, process: Process, ask: Ask) -> Fate:
        if self._world.healed:
            return Fate.FINE
        provoked = self._world.provocation.fate(process, ask)
        if provoked or self._world.provocation.calm:
            return provoked or Fate.FINE
        if process.cut_off(ask.server):
            late = self._late and self._random.random() < 0.1
            return Fate.LATE if late else Fate.LOST
        return self._draw()

    def _draw(self) -> Fate:
        draw = self._random.random()
        shares = (self._loss, min(self._loss, 0.05), self._late)
        for fate, share in zip((Fate.LOST, Fate.ANSWER_LOST, Fate.LATE), shares, strict=True):
            if draw < share:
                return fate
            draw -= share
        return Fate.FINE

    def _arrive(self, process: Process, ask: Ask, reply: _Once | None) -> None:
        agenda, stalled = self._world.agenda, self.stalled_until[ask.server]
        if agenda.now < stalled:
            delay = stalled - agenda.now + self._random.randint(0, 50)
            agenda.after(delay, self._arrive, process, ask, reply)
            return
        given = ask.call()
        if reply and not process.deaf_to(ask.server):
            agenda.after(self._random.randint(1, 30), reply, given)


class _Once:
    """Calls back the first time alone."""

    def __init__(self, back: Back) -> None:
        self._back: Back | None = back

    def __call__(self, given: object) -> None:
        back, self._back = self._back, None
        if back:
            back(given)
