"""Provocations beside a Go worker."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.model.clock import AHEAD, CHAOS
from tests.model.jobs import Job
from tests.model.network import Fate
from tests.model.provocation import Provocation
from tests.model.steps import Ask, Errand, Moment

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World

UNDISTURBED = 20_000


class BesideGo(Provocation):
    """Nothing fails beside a Go worker, and runs are short: each instant is run once."""

    calm = True
    by_hand = 0.0
    edits = ("nothing",)
    beside_go = 1.0
    ahead = (AHEAD, AHEAD)
    go_sleeps = (200, 900)
    only_once = 60_000

    def prepare(self, world: World) -> None:
        """There is room, all clocks agree, and the jobs are soon there."""
        world.jobs.pace = 2000
        for process in world.processes:
            process.offset = 0
        for worker in world.workers:
            worker.slots = 100

    def job(self, job: Job, random: Random) -> Job:
        """Claimed ahead, and over before the Go worker looks for its lock."""
        return replace(job, overlap="skip", hosts=1, length=random.randint(5, 200), retries=0)


class CrashedBesideGo(Provocation):
    """Workers crash and are back at once while they keep locks, and removals come late."""

    edits: tuple[str, ...] = ("edit", "trigger")
    beside_go = 1.0
    lateness = (500, 5000)

    def prepare(self, world: World) -> None:
        """Workers crash again and again."""
        for at in range(15_000, CHAOS, 2000):
            world.agenda.after(at, self._crash, world)

    def _crash(self, world: World) -> None:
        worker = world.random.choice(world.workers)
        if worker.up:
            worker.crash()

    def away(self, process: Process) -> int | None:
        """A second or two."""
        return process.random.randint(100, 2000)

    def job(self, job: Job, random: Random) -> Job:
        """Whose runs end about when the next ones begin, or wait."""
        overlap = random.choice(["skip", "queue"])
        return replace(job, overlap=overlap, period=3000, length=random.randint(1500, 5000))

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Every fifth end or claim is late."""
        late = ask.errand in (Errand.END, Errand.CLAIM) and process.random.random() < 0.2
        return Fate.LATE if late else None


class CrashedKeepers(CrashedBesideGo):
    """A worker crashes while it ends a run, or keeps its lock, which nobody else wants for long."""

    calm = True
    by_hand = 0.0
    edits = ("nothing",)
    lateness = (1000, 4000)

    def prepare(self, world: World) -> None:
        """The jobs are soon there."""
        world.jobs.pace = 2000

    def at(self, process: Process, moment: Moment) -> None:
        """Crash it soon."""
        if moment is Moment.AFTER_SPAWN and process.random.random() < 0.7:
            delay = process.random.randint(300, 1000)
            process.world.agenda.after(delay, self._crash_one, process)

    def _crash_one(self, process: Process) -> None:
        if process.up and not process.world.healed:
            process.crash()

    def job(self, job: Job, random: Random) -> Job:
        """Due twice or thrice in all, and soon over."""
        return replace(job, overlap="skip", hosts=1, period=80_000, length=random.randint(5, 300))

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Most ends are late."""
        return Fate.LATE if ask.errand is Errand.END and process.random.random() < 0.8 else None


class LateKeepers(CrashedKeepers):
    """The end by which a worker keeps a lock comes late: after it died, before it ends it again."""

    lateness = (2500, 2500)

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}

    def at(self, process: Process, moment: Moment) -> None:
        """Let it be."""

    def away(self, process: Process) -> int | None:
        """Not for long."""
        return 300

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """The first copy is late, its sender crashes, and no other comes before it."""
        if ask.errand is not Errand.END:
            return None
        agenda, asked = process.world.agenda, self._asked.get(process.name)
        if asked is None or agenda.now > asked + UNDISTURBED:
            self._asked[process.name] = agenda.now
            agenda.after(300, self._crash_one, process)
            return Fate.LATE
        return Fate.LOST if agenda.now < asked + 3000 else None
