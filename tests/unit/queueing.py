"""A waiting table on a turned clock, for tests of it."""

from dataclasses import replace

from common.job import Job
from common.owed import WAITING
from tests.planned import planned
from tests.turned_clock import TurnedClock
from worker.asks import Ask, End, Turn, Turns
from worker.claim import Claim
from worker.kills import Kills
from worker.planned import Planned
from worker.standing import Standing
from worker.waiting import Waiting
from worker.waits import Waits

T = 1_800_000_000_000
CREATED, REVISION = 20, 21


class Desk:
    """A waiting table on a turned clock, and all that it asks."""

    def __init__(self) -> None:
        self.clock = TurnedClock(wall_ms=T)
        self.asked: list[Ask] = []
        self.jobs: dict[str, Planned] = {}
        self.standing: Standing | None = Standing("me", 7, 1e9)
        self.whose: str | None = ""
        self.others: str | None = ""
        self.kills = Kills(self.clock)
        self.waiting = Waiting(
            self.clock,
            self.asked.append,
            self.jobs.get,
            lambda: self.standing,
            self.kills,
            lambda claim, instead: self.others if instead else self.whose,
        )
        self.save()

    def save(self, revision: int = 5, **fields: object) -> None:
        """Let the job be this."""
        job = replace(Job("a", "true", "* * * * *", overlap="queue"), **fields)  # type: ignore[arg-type]
        self.jobs["a"] = planned(job, revision)
        self.waiting.saved("a", self.clock.now_ms)

    def wait(self, at: int = T, delay_ms: int | None = None, **changes: object) -> Claim:
        """Let a run wait from now on; its claim."""
        claim = replace(Claim("a", 5, "true", T - 1, at, "me", 7, True, None), **changes)  # type: ignore[arg-type]
        owed = replace(claim.owed(), state=WAITING, delay_ms=delay_ms)
        self.waiting.add(Waits(claim, owed, REVISION, CREATED))
        return claim

    def turns(self, room: int = 5) -> list[Turn]:
        """Look, and give the turns that it asks for."""
        self.asked.clear()
        self.waiting.look(self.clock.now_ms, room)
        return [turn for ask in self.asked if isinstance(ask, Turns) for turn in ask.turns]

    def ended(self) -> list[tuple[str, str, str]]:
        """Run, outcome and reason of what was called off since."""
        finishes = [ask.finish for ask in self.asked if isinstance(ask, End) and ask.files]
        return [(each.run_id, each.owed.outcome, each.owed.reason) for each in finishes]
