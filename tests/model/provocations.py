"""All provocations; those of clocks, edits and take-overs are here."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.model.clock import CHAOS
from tests.model.jobs import Job
from tests.model.network import Fate
from tests.model.provocation import Provocation
from tests.model.provocations_go import BesideGo, CrashedBesideGo, CrashedKeepers, LateKeepers
from tests.model.provocations_lease import (
    CalmLateTurns,
    CrashedSpawns,
    FrozenSpawns,
    LastClaims,
    LastMoments,
    LateTurns,
    LeaseEdges,
    ShortFreezes,
)
from tests.model.provocations_waiting import LateHandOvers, LateKills, WrongRetries
from tests.model.steps import Ask, Errand, Server

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World

HOUR = 3_600_000


class WrongClocks(Provocation):
    """Runs fail and end while their worker's clock is an hour ahead; so do masters' edits."""

    edits = tuple(kind for kind in Provocation.edits if kind != "hosts")

    def prepare(self, world: World) -> None:
        """One clock after the other goes wrong."""
        for at in range(10_000, CHAOS, 6000):
            world.agenda.after(at, self._set, world.random.choice(world.processes))

    def _set(self, process: Process) -> None:
        if not process.world.has_wrong_clock():
            process.offset = HOUR
            process.world.agenda.after(5000, self._set_right, process)

    def _set_right(self, process: Process) -> None:
        process.offset = 0

    def job(self, job: Job, random: Random) -> Job:
        """With retries."""
        return replace(job, retries=2, length=random.randint(200, 8000))


class ByHand(Provocation):
    """Nothing fails; jobs are changed, deleted and made anew by hand, often twice at once."""

    calm = True
    by_hand = 0.6
    edits = ("edit", "schedule", "schedule", "delete", "pause")


class LateEdits(Provocation):
    """Copies of edits come late, from masters whose clocks are behind the workers'."""

    calm = True
    by_hand = 0.0
    edits = ("delete",)
    bursts = (1, 8)
    lateness = (2000, 6000)

    def prepare(self, world: World) -> None:
        """Set the clocks, and let no master rest."""
        world.jobs.pace = 2000
        world.jobs.names = world.jobs.names[:1]
        for process in world.processes:
            process.offset = 2000 if process in world.workers else -2000

    def job(self, job: Job, random: Random) -> Job:
        """Whose watermark is mostly ahead of the masters' clocks."""
        return replace(job, period=3000)

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Every other copy is late."""
        return Fate.LATE if ask.errand is Errand.EDIT and process.random.random() < 0.5 else None


class Disputes(Provocation):
    """Several workers at once settle what a dead one left, some of them late."""

    dispute = 1.0

    def job(self, job: Job, random: Random) -> Job:
        """That often waits for its turn."""
        return replace(job, overlap="queue")

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Every third take-over is late."""
        late = ask.errand is Errand.TAKE_OVER and process.random.random() < 0.3
        return Fate.LATE if late else None


class Outages(Provocation):
    """The log store is away most of the time, and workers crash then, some with their disks."""

    calm = True
    by_hand = 0.0
    fallback = 2
    early = 0.1
    edits = ("edit", "trigger", "kill")

    def prepare(self, world: World) -> None:
        """It answers for some seconds in between."""
        for at in range(10_000, CHAOS, 60_000):
            world.agenda.after(at, self._away, world, at + 50_000)
            for worker in world.workers:
                crash = at + world.random.randint(20_000, 50_000)
                world.agenda.after(crash, self._crash, worker)

    def _away(self, world: World, until: int) -> None:
        world.network.stalled_until[Server.LOG] = until

    def _crash(self, process: Process) -> None:
        if process.up:
            process.crash()

    def away(self, process: Process) -> int:
        """Not for long."""
        return process.random.randint(500, 3000)

    def job(self, job: Job, random: Random) -> Job:
        """Often due, and soon over."""
        return replace(job, period=1000, retries=1, length=random.randint(50, 500))


ALL: tuple[type[Provocation], ...] = (
    Provocation,
    FrozenSpawns,
    LeaseEdges,
    LateTurns,
    CalmLateTurns,
    ShortFreezes,
    LastClaims,
    CrashedSpawns,
    LastMoments,
    WrongClocks,
    ByHand,
    LateEdits,
    Disputes,
    WrongRetries,
    LateKills,
    LateHandOvers,
    BesideGo,
    CrashedBesideGo,
    CrashedKeepers,
    LateKeepers,
    Outages,
)
