"""What the tests of the scheduler share: one without a thread, over a turned clock."""

import queue
from collections.abc import Mapping
from typing import Any

from common.clocks import Clocks
from common.job import Job
from common.trusted_clock import TrustedClock
from tests.desk import one_by_one
from tests.planned import planned
from tests.turned_clock import TurnedClock
from tests.unit.running import Crew, Notes
from worker.asks import Ask, Take
from worker.claim import missed_owed
from worker.ends_told import EndsTold
from worker.events import Adopted, Event, JobSaved, Skipped
from worker.filing import Filing
from worker.inheritance import Inheritance
from worker.leaving import Leaving
from worker.members import Member
from worker.placement import Placement
from worker.plan import Plan
from worker.pulse import Pulse
from worker.runs import Runs
from worker.scheduler import Scheduler
from worker.standing import Standing
from worker.stop_reason import StopReason
from worker.waiting import Waiting

T = 1_800_000_000_000
HOUR = 3_600_000
EVERY_SECOND = "* * * * * * *"


class Standing7:
    """A presence that stands, and what it is to publish."""

    def __init__(self) -> None:
        self.rooms: list[bool] = []
        self.short_of = ""
        self.draining = False
        self.left_runs = False
        self.rests = False

    def publish(self, room: bool, short_of: str = "") -> None:
        """Note it."""
        self.rooms.append(room)
        self.short_of = short_of

    def drain(self) -> None:
        """Note it."""
        self.draining = True

    def rest(self) -> None:
        """Note it."""
        self.rests = True

    def leave_runs(self) -> None:
        """Note it."""
        self.left_runs = True

    def await_ready(self, timeout: float) -> bool:
        """It has begun."""
        return True

    def holds(self) -> Standing:
        """Always the same."""
        return Standing("me", 7, 5000.0)


class Desk:
    """A scheduler without a thread over a turned clock, and all that it asks and files."""

    def __init__(self) -> None:
        self.clock, self.clocks = TurnedClock(wall_ms=T - 200), Clocks()
        self.crew = Crew()
        self.asked: list[Ask] = []
        self.filed: list[Filing] = []
        presence = self.presence = Standing7()
        trusted = self.trusted = TrustedClock(self.clock, self.clocks, "claiming nothing")
        notes: Any = Notes()
        self.spooled: list[EndsTold] = []
        crew, ask, file = self.crew, self.ask, (self.filed.extend, self.spooled.append)
        runs = Runs(trusted, crew, ask, *file, "w", 30, notes)  # type: ignore[arg-type]
        self.former: list[Mapping[str, tuple[str, int]]] = []
        inheritance = Inheritance(
            trusted,
            notes,
            lambda known, strays: self.former.append(known),
            runs,
            lambda where, begin: None,
        )
        self.inheritance = inheritance
        inheritance.is_known = True
        self.reason = StopReason({})
        leaving = Leaving(runs, crew, self.reason)  # type: ignore[arg-type]
        self.pulse = Pulse(self.clock, 30)
        placement = Placement("me")
        placement.seen([Member("me")])
        plan = Plan(trusted, self.ask, presence.holds, placement)
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.waiting = Waiting(trusted, self.ask, plan.planned, presence.holds, runs.kills)
        self.scheduler = Scheduler(
            trusted,
            plan,
            runs,
            leaving,
            self.waiting,
            inheritance,
            presence,  # type: ignore[arg-type]
            self.pulse,
            inbox,
            1.0,
        )

    def ask(self, ask: Ask) -> None:
        """Note it, each by itself; what is only recorded is so at once."""
        for each in one_by_one(ask):
            self.asked.append(each)
            if isinstance(each, Take) and each.missed:
                owed = missed_owed(each.claim, each.missed)
                self.scheduler.inbox.put(Skipped(each.claim, owed))

    def hear(self, *events: Event) -> None:
        """Let it handle these in one step."""
        for event in events:
            self.scheduler.inbox.put(event)
        self.scheduler.step()

    def claimed(self) -> Take:
        """Bring a job that is due every second, and give the claim that it asks for."""
        self.hear(
            JobSaved(planned(Job("a", "true", EVERY_SECOND), 5)), Adopted({"a": (5, T - 1000)})
        )
        (take,) = [ask for ask in self.asked if isinstance(ask, Take)]
        return take
