"""What goes wrong in a world, at random, until it is healed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.model.clock import CHAOS
from tests.model.process import Process
from tests.model.steps import Server
from tests.model.worker import Worker

if TYPE_CHECKING:
    from tests.model.world import World

Strike = Callable[[Process, int], None]


class Faults:
    """Strikes one process or server after the other."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._random = world.random
        self._pace = self._random.choice([3000, 10_000, 25_000])
        self._kinds: dict[str, Strike] = {
            "crash": self._crash,
            "freeze": self._freeze,
            "cut from the store": self._cut_from_store,
            "cut from the log store": self._cut_from_log,
            "deaf": self._deaf,
            "leader frozen": self._leader_frozen,
            "log store away": self._log_away,
            "clock": self._clock,
            "drain": self._drain,
        }
        self._often = [*self._kinds, "crash", "freeze"]

    def strike(self) -> None:
        """Do harm once, and again after a while."""
        kind = self._random.choice(self._often)
        process = self._random.choice(self._world.processes)
        longest = self._random.choice([2000, 12_000, 40_000, 90_000])
        self._world.count(f"fault: {kind}")
        self._kinds[kind](process, longest)
        if self._world.agenda.now < CHAOS - 2000:
            self._world.agenda.after(self._random.randint(100, self._pace), self.strike)

    def _until(self, process: Process, longest: int) -> int:
        provoked = self._world.provocation.until(process)
        return provoked or self._world.agenda.now + self._random.randint(500, longest)

    def _crash(self, process: Process, longest: int) -> None:
        if process.up:
            process.crash()

    def _freeze(self, process: Process, longest: int) -> None:
        process.frozen_until = self._until(process, longest)

    def _cut_from_store(self, process: Process, longest: int) -> None:
        process.cut_until[Server.STORE] = self._until(process, longest)

    def _cut_from_log(self, process: Process, longest: int) -> None:
        process.cut_until[Server.LOG] = self._world.agenda.now + self._random.randint(500, longest)

    def _deaf(self, process: Process, longest: int) -> None:
        process.deaf_until = self._until(process, longest)

    def _leader_frozen(self, process: Process, longest: int) -> None:
        until = self._world.agenda.now + self._random.randint(3000, 25_000)
        self._world.network.stalled_until[Server.STORE] = until
        if self._random.random() < 0.5:
            self._world.store.leases.begin_anew(until)

    def _log_away(self, process: Process, longest: int) -> None:
        until = self._world.agenda.now + self._random.randint(1000, 2 * longest)
        self._world.network.stalled_until[Server.LOG] = until

    def _clock(self, process: Process, longest: int) -> None:
        """One clock at a time: no rule helps when half of them are wrong."""
        if self._world.has_wrong_clock():
            return
        process.offset += self._random.choice([-1, 1]) * self._random.choice(
            [7000, 60_000, 3_600_000]
        )
        self._world.agenda.after(self._random.randint(1000, longest), self._set_right, process)

    def _set_right(self, process: Process) -> None:
        process.offset = self._random.randint(-1500, 1500)

    def _drain(self, process: Process, longest: int) -> None:
        if isinstance(process, Worker):
            process.draining = not process.draining
