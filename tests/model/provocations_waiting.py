"""Provocations around runs that wait for their turn, and what is tried again."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.model.clock import CHAOS
from tests.model.jobs import Job
from tests.model.network import Fate
from tests.model.provocation import HOUR, Provocation
from tests.model.steps import Ask, Errand

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World


class WrongRetries(Provocation):
    """Nothing fails but runs, and those while their worker's clock is an hour ahead."""

    calm = True
    by_hand = 0.0
    edits = ("edit",)

    def prepare(self, world: World) -> None:
        """One clock after the other goes wrong."""
        for at in range(15_000, CHAOS, 6000):
            world.agenda.after(at, self._set, world)

    def _set(self, world: World) -> None:
        if not world.has_wrong_clock():
            worker = max(world.workers, key=lambda each: each.running)
            worker.offset = HOUR
            world.agenda.after(5000, self._set_right, worker)

    def _set_right(self, process: Process) -> None:
        process.offset = 0

    def job(self, job: Job, random: Random) -> Job:
        """With retries, and often running."""
        return replace(job, period=5000, retries=2, length=random.randint(2000, 5000))


class LateKills(Provocation):
    """Runs are asked for and killed at once, and copies of both come late."""

    calm = True
    by_hand = 0.0
    edits = ("trigger", "kill")
    bursts = (4,)
    lateness = (100, 4000)

    def prepare(self, world: World) -> None:
        """Let no master rest."""
        world.jobs.pace = 2000

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Every other copy is late."""
        return Fate.LATE if ask.errand is Errand.EDIT and process.random.random() < 0.5 else None


class LateHandOvers(Provocation):
    """Workers are drained again and again while runs wait there, and copies come late."""

    edits = ("edit", "trigger")
    lateness = (1000, 40_000)

    def prepare(self, world: World) -> None:
        """Drain one worker after the other, each for some seconds."""
        for at in range(15_000, CHAOS, 3000):
            world.agenda.after(at, self._drain, world)

    def _drain(self, world: World) -> None:
        for worker in world.workers:
            worker.draining = False
        world.random.choice(world.workers).draining = True

    def job(self, job: Job, random: Random) -> Job:
        """That often waits for its turn, and is not over at once."""
        return replace(job, overlap="queue", period=5000, length=random.randint(3000, 12_000))

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Every other hand-over is late."""
        late = ask.errand is Errand.HAND_OVER and process.random.random() < 0.5
        return Fate.LATE if late else None
