"""What the tests of the watch share: one whose steps a test makes, and the jobs that it sees."""

from common import keys
from common.clock import SystemClock
from common.clock_news import ClockNews
from common.clocks import Clocks
from common.job import Job, pack_job
from common.store import Store, put
from tests.waiting import until
from worker.draining import Draining
from worker.events import JobGone, JobSaved, JobsSaved, KillAsked, TriggersSeen, WorkersSeen
from worker.lives import Lives
from worker.look_news import LookNews
from worker.mixed import Mixed
from worker.watch import Watcher, follow

Event = JobSaved | JobsSaved | JobGone | KillAsked | TriggersSeen | WorkersSeen
Heard = list[Event]


class Desk:
    """A watcher whose steps a test makes, and what it told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.heard: Heard = []
        self.clocks = Clocks()
        news = ClockNews(self.clocks, SystemClock(), keys.worker("me"))
        watch, self.draining = follow(store, "me"), Draining("me")
        self.dead: list[str] = []
        self.mixed = Mixed()
        lives = Lives(lambda: "me.1", self.dead.append, self.dead.append)
        self.looked: list[frozenset[str]] = []
        heard = (news, lives, self.mixed, self.draining, LookNews("me", self.looked.append))
        self.listed = 0
        self.watcher = Watcher(watch, "Europe/Berlin", self._tell, *heard)

    def _tell(self, event: Event) -> None:
        """Note it; that a list without anything new has ended is only counted."""
        if event == JobsSaved(()):
            self.listed += 1
        else:
            self.heard.append(event)

    def hear(self, count: int) -> Heard:
        """Make steps until so many were told; they are then forgotten."""
        until(lambda: self.step() >= count, why=f"{count} events")
        told = list(self.heard)
        self.heard.clear()
        return told

    def step(self) -> int:
        """How many were told after one more step."""
        self.watcher.step()
        return len(self.heard)


def save(store: Store, name: str, expr: str = "* * * * *") -> int:
    """Put a job; its revision."""
    return put(store, keys.job(name), pack_job(Job(name, "true", expr))).revision
