"""What the tests of watermarks share: jobs put by hand, and what finds and moves watermarks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common import keys
from common.clocks import Clocks
from common.errors import StoreRefused
from common.job import Job, pack_job
from common.moving import Before
from common.owed import unpack
from common.schedule import parse_schedule
from common.store import Store, put
from common.trusted_clock import TrustedClock
from tests.turned_clock import TurnedClock
from worker.adoption import Adopter
from worker.asks import Adopt, Ask, Retire
from worker.committer import Committer
from worker.events import Adopted, Event, Retired
from worker.history import Version
from worker.patience import Patience

NOW = 1_800_000_100_500
T0 = 1_800_000_000_000
EVERY_MINUTE, EVERY_HOUR = "* * * * *", "0 * * * *"


def save_by_hand(store: Store, name: str = "a") -> int:
    """Put a job as etcdctl would; its revision."""
    return put(store, keys.job(name), pack_job(Job(name, "true", "* * * * *"))).revision


def changed(*versions: tuple[int, str]) -> tuple[Version, ...]:
    """What a job was from each revision on: due by an expression, or "" for not there."""
    return tuple(
        Version(since, Before(parse_schedule(expr), "true", since) if expr else None)
        for since, expr in versions
    )


def moved_to_hours(revision: int) -> Adopt:
    """Asks about a job that was due every minute before this revision."""
    return Adopt("a", revision, changed((0, EVERY_MINUTE), (revision, EVERY_HOUR)))


@dataclass
class Desk:
    """What finds and moves watermarks, and what it told of."""

    store: Store
    heard: list[Event] = field(default_factory=list)
    refused: list[Ask] = field(default_factory=list)
    adopter: Adopter | None = None

    def do(self, now_ms: int, adopts: Sequence[Adopt], retires: Sequence[Retire] = ()) -> None:
        """Do these at this time."""
        clock = TrustedClock(TurnedClock(wall_ms=now_ms), Clocks(), "")
        patience = Patience()
        adopter = self.adopter = Adopter(
            self.store, patience, clock, self.heard.append, self.put_off, self.refused.extend
        )
        postings = adopter.retirements(retires) + adopter.adoptions(adopts)
        Committer(self.store, patience).post(postings)

    def put_off(self, ask: Ask, error: StoreRefused) -> None:
        """Note what the store refuses."""
        self.refused.append(ask)


def adopt(store: Store, now_ms: int, asks: Sequence[Adopt]) -> dict[str, tuple[int, int]]:
    """Job revision and watermark of each job that still is as asked."""
    desk = Desk(store)
    desk.do(now_ms, asks)
    told = [event.watermarks for event in desk.heard if isinstance(event, Adopted)]
    return {name: found for watermarks in told for name, found in watermarks.items()}


def retire(store: Store, now_ms: int, asks: Sequence[Retire]) -> dict[str, int]:
    """The revisions of deleted jobs whose watermarks rest."""
    desk = Desk(store)
    desk.do(now_ms, (), asks)
    told = [event.revisions for event in desk.heard if isinstance(event, Retired)]
    return {name: found for revisions in told for name, found in revisions.items()}


def owed(store: Store) -> list[tuple[str, int, int]]:
    """Outcome, plan time and instants of the gap before it, of all that is owed."""
    found = [unpack(entry.value) for entry in store.snapshot("/cron/runs/").entries]
    return [(each.outcome, each.plan_time, each.gap.count if each.gap else 0) for each in found]
