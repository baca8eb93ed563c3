"""A plan on a turned clock with what it asked, for tests of the plan."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from common.job import Job
from tests.planned import planned
from tests.turned_clock import TurnedClock
from worker.asks import Ask, Asks, Take
from worker.claim import missed_owed
from worker.events import Adopted, JobSaved, JobsSaved, Skipped, WorkersSeen
from worker.members import Member
from worker.placement import Placement
from worker.plan import Plan
from worker.standing import Standing

STANDING = Standing("me", 7, 1e9)


def one_by_one(ask: Ask) -> Sequence[Ask]:
    """What was asked, claims and ends that were asked for together one by one."""
    return ask.asks if isinstance(ask, Asks) else (ask,)


class Desk:
    """A plan on a turned clock, and what it asked."""

    def __init__(self, listed: bool = True) -> None:
        """Of a worker that has seen all jobs, or of one that still reads them."""
        self.clock = TurnedClock(wall_ms=1_800_000_000_500)
        self.asked: list[Ask] = []
        self.standing: Standing | None = STANDING
        placement = Placement("me")
        self.plan = Plan(self.clock, self._ask, lambda: self.standing, placement)
        self.see("me")
        if listed:
            self.plan.jobs.saved(JobsSaved(()))

    def _ask(self, ask: Ask) -> None:
        self.asked += one_by_one(ask)

    def see(self, *names: str, full: Collection[str] = (), draining: Collection[str] = ()) -> None:
        """Let the watch bring the registered workers."""
        members = tuple(Member(name, name not in full, name in draining) for name in names)
        self.plan.jobs.ranked(WorkersSeen(members))

    def save(
        self, name: str = "a", expr: str = "* * * * * * *", revision: int = 1, **fields: object
    ) -> None:
        """Let the watch bring a job, and the claimer its watermark: now."""
        job = replace(Job(name, "true", expr), **fields)  # type: ignore[arg-type]
        self.plan.jobs.saved(JobSaved(planned(job, revision)))

    def adopt(self, name: str = "a", revision: int = 1) -> None:
        """Answer the adoption with a watermark of now."""
        self.plan.jobs.adopted(Adopted({name: (revision, self.clock.now_ms)}))

    def takes(self, room: int = 10) -> list[Take]:
        """Look, and give the claims that this asked for."""
        self.asked.clear()
        self.plan.look(self.clock.now_ms, room)
        return [ask for ask in self.asked if isinstance(ask, Take)]

    def take(self) -> Take:
        """Turn the clock to the next moment, look, and give the one claim."""
        at = self.plan.next_ms()
        assert at is not None
        self.clock.now_ms = max(at, self.clock.now_ms)
        (take,) = self.takes()
        return take

    def settle(self, room: int = 0) -> list[Take]:
        """Turn the clock to the next moment and look; all that is asked counts as recorded."""
        at = self.plan.next_ms()
        assert at is not None
        self.clock.now_ms = max(at, self.clock.now_ms)
        takes = self.takes(room)
        for take in takes:
            assert take.missed
            self.plan.skipped(Skipped(take.claim, missed_owed(take.claim, take.missed)))
        return takes
