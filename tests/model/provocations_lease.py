"""Provocations around spawns and the end of a worker's lease, each named for what happens often."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from tests.model.clock import CHAOS, MARGIN, SKEW
from tests.model.jobs import Job
from tests.model.network import Fate
from tests.model.provocation import Provocation
from tests.model.steps import Ask, Errand, Moment

if TYPE_CHECKING:
    from tests.model.process import Process
    from tests.model.world import World

UNHEARD = 20_000


def around_lease_end(process: Process, earliest: int, latest: int) -> int | None:
    """An instant so much after the end of the process's lease, if it has one and that is ahead."""
    end = process.lease_end()
    at = end + process.random.randint(earliest, latest) if end else 0
    return at if at > process.world.agenda.now else None


class FrozenSpawns(Provocation):
    """A worker freezes right before a spawn, and thaws when its lease is over."""

    def at(self, process: Process, moment: Moment) -> None:
        """Freeze it."""
        if moment is Moment.BEFORE_SPAWN and process.random.random() < 0.3:
            until = around_lease_end(process, 0, 5000)
            process.frozen_until = max(process.frozen_until, until or 0)


class LeaseEdges(Provocation):
    """Freezes and cuts end when the lease does, commands outlive it, and others judge slowly."""

    edits = ("edit",)
    search = (3000, 20_000)

    def prepare(self, world: World) -> None:
        """One worker after the other freezes."""
        for at in range(15_000, CHAOS, 20_000):
            world.agenda.after(at, self._freeze, world.random.choice(world.workers))

    def _freeze(self, process: Process) -> None:
        process.frozen_until = self.until(process) or 0

    def job(self, job: Job, random: Random) -> Job:
        """Often due, and with a command that is long enough."""
        return replace(job, period=3000, retries=2, length=random.randint(10_000, 50_000))

    def until(self, process: Process) -> int | None:
        """About at the lease's end."""
        return around_lease_end(process, -500, 1500)


class LateTurns(Provocation):
    """A turn is applied after its worker gave it up, by a lease that in truth was renewed."""

    edits: tuple[str, ...] = ("edit", "trigger")
    lateness = (20_000, 45_000)

    def __init__(self) -> None:
        self._lost_until: dict[str, int] = {}

    def job(self, job: Job, random: Random) -> Job:
        """Whose retries wait for their turns, mostly with nobody else to take the lock."""
        return replace(job, retries=2, period=20_000, length=random.randint(200, 3000))

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """One copy is late, the others are lost until it is given up; renewals are not heard."""
        now, lost_until = process.world.agenda.now, self._lost_until.get(process.name, 0)
        if ask.errand is Errand.LEASE and now < lost_until + UNHEARD:
            return Fate.ANSWER_LOST
        if ask.errand is not Errand.TURN:
            return None
        if now < lost_until:
            return Fate.LOST
        end = process.lease_end()
        if end is None or now < lost_until + UNHEARD or process.random.random() > 0.6:
            return None
        self._lost_until[process.name] = end - MARGIN + process.random.randint(100, 1000)
        return Fate.LATE


class CalmLateTurns(LateTurns):
    """The same where nothing else happens."""

    calm = True
    by_hand = 0.0
    edits = ("trigger",)


class ShortFreezes(Provocation):
    """Workers freeze for less than their leases last, and thaw with what they knew."""

    calm = True
    by_hand = 0.0
    edits = ("edit",)

    def prepare(self, world: World) -> None:
        """One worker after the other freezes."""
        for at in range(15_000, CHAOS, 5000):
            world.agenda.after(at, self._freeze, world.random.choice(world.workers))

    def _freeze(self, process: Process) -> None:
        process.frozen_until = process.world.agenda.now + process.random.randint(8000, 18_000)

    def job(self, job: Job, random: Random) -> Job:
        """Whose instants are soon too old to be run."""
        return replace(job, overlap="allow", catch_up="skip", period=3000, start_deadline=5000)


class LastClaims(Provocation):
    """A worker whose clock is fast claims right before its lease ends, and the claim is late."""

    calm = True
    by_hand = 0.0
    edits = ("edit",)
    lateness = (2000, 4000)

    def prepare(self, world: World) -> None:
        """Set the clocks."""
        for process in world.processes:
            process.offset = SKEW if process is world.workers[0] else -SKEW

    def job(self, job: Job, random: Random) -> Job:
        """Without a lock, so that nothing of the claim hangs on the lease."""
        return replace(job, overlap="allow", period=3000)

    def fate(self, process: Process, ask: Ask) -> Fate | None:
        """Renewals are lost now and then, and then the last claims are late."""
        end = process.lease_end()
        if process is not process.world.workers[0] or end is None:
            return None
        left = end - process.world.agenda.now
        if ask.errand is Errand.LEASE and left > 0:
            return Fate.LOST
        return Fate.LATE if ask.errand is Errand.CLAIM and left < 2 * MARGIN else None


class CrashedSpawns(Provocation):
    """A worker dies around a spawn, and is soon back."""

    def at(self, process: Process, moment: Moment) -> None:
        """Crash it."""
        if not process.world.healed and process.random.random() < 0.3:
            process.crash()

    def away(self, process: Process) -> int | None:
        """Some seconds."""
        return process.random.randint(500, 10_000)


class LastMoments(Provocation):
    """A worker is back right before its lease ends, and slow to start what it claims then."""

    def prepare(self, world: World) -> None:
        """Workers crash again and again."""
        for at in range(20_000, CHAOS, 15_000):
            world.agenda.after(at, self._crash, world)

    def _crash(self, world: World) -> None:
        worker = world.random.choice(world.workers)
        if worker.up:
            worker.crash()

    def at(self, process: Process, moment: Moment) -> None:
        """Freeze it if its lease is about to end, until others may have judged its runs."""
        end, now = process.lease_end(), process.world.agenda.now
        if moment is Moment.BEFORE_SPAWN and end and end < now + 5000:
            process.frozen_until = end + process.random.randint(1000, 8000)

    def away(self, process: Process) -> int | None:
        """Until then."""
        at = around_lease_end(process, -2000, -200)
        return at - process.world.agenda.now if at else None
