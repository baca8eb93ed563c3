"""The scheduler: what it makes of answers that come when the world has gone on."""

import queue

import pytest

from common.clock import read
from common.clocks import Clocks
from common.job import Job
from common.protocol import JOB_EVENT_SAVE, build_job_event
from common.record import NO_WORKER, NOT_STARTED
from common.schedule import parse_schedule
from common.trusted_clock import TrustedClock
from tests.turned_clock import TurnedClock
from tests.unit.test_runs import Crew
from worker.asks import Ask, Take
from worker.batcher import Filing
from worker.claim import missed_owed
from worker.events import (
    Adopted,
    Dropped,
    Event,
    JobGone,
    JobSaved,
    Skipped,
    Woken,
    Won,
    WorkersSeen,
)
from worker.members import Member
from worker.placement import Placement
from worker.plan import Plan
from worker.presence import Standing
from worker.results import not_started
from worker.runs import Runs
from worker.scheduler import Scheduler

T = 1_800_000_000_000
HOUR = 3_600_000
EVERY_SECOND = "* * * * * * *"


class Standing7:
    """A presence that stands, and what it is to publish."""

    def __init__(self) -> None:
        self.rooms: list[bool] = []
        self.draining = False

    def publish(self, room: bool) -> None:
        """Note it."""
        self.rooms.append(room)

    def drain(self) -> None:
        """Note it."""
        self.draining = True

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
        trusted = TrustedClock(self.clock, self.clocks, "claiming nothing")
        runs = Runs(trusted, self.crew, self.asked.append, self.filed.append, "w", 30)  # type: ignore[arg-type]
        placement = Placement("me")
        placement.seen([Member("me")])
        plan = Plan(trusted, self.ask, presence.holds, placement)
        inbox: queue.Queue[Event] = queue.Queue()
        self.scheduler = Scheduler(trusted, plan, runs, presence, inbox, 1.0, lambda *_: None)  # type: ignore[arg-type]

    def ask(self, ask: Ask) -> None:
        """Note it; what is only recorded is so at once."""
        self.asked.append(ask)
        if isinstance(ask, Take) and ask.missed:
            owed = missed_owed(ask.claim, ask.missed)
            self.scheduler.inbox.put(Skipped(ask.claim, owed))

    def hear(self, *events: Event) -> None:
        """Let it handle these in one step."""
        for event in events:
            self.scheduler.inbox.put(event)
        self.scheduler.step()

    def claimed(self) -> Take:
        """Bring a job that is due every second, and give the claim that it asks for."""
        event = build_job_event(JOB_EVENT_SAVE, Job("a", "true", EVERY_SECOND), 5)
        self.hear(JobSaved(event, parse_schedule(EVERY_SECOND)), Adopted({"a": (5, T - 1000)}))
        (take,) = [ask for ask in self.asked if isinstance(ask, Take)]
        return take


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


def test_a_claim_that_is_won_is_handed_out(desk: Desk) -> None:
    desk.hear(Won(desk.claimed().claim, 9))
    assert [order.run_id for order in desk.crew.orders] == [f"a@{T}"]


def test_a_claim_whose_job_was_deleted_before_its_answer_came_is_not_started(desk: Desk) -> None:
    desk.hear(JobGone("a", 10), Won(desk.claimed().claim, 9))
    assert desk.crew.orders == []
    (filing,) = desk.filed
    (record,) = filing.records
    assert (record.outcome, record.reason) == (NOT_STARTED, "the job was deleted")


def test_a_worker_that_stops_tells_the_others_before_its_runs_have_ended(desk: Desk) -> None:
    seen: list[bool] = []

    def kill(run_id: str, reason: str) -> None:
        seen.append(desk.presence.draining)
        desk.scheduler.inbox.put(not_started(run_id, T, reason))

    desk.crew.kill = kill  # type: ignore[method-assign]
    desk.hear(Won(desk.claimed().claim, 9))
    desk.scheduler.close()
    assert seen
    assert all(seen)


def test_nothing_is_claimed_while_the_clock_is_off_and_all_is_as_before_when_it_is_right(
    desk: Desk,
) -> None:
    for source in ("worker a", "worker b"):
        desk.clocks.measured(source, desk.clock.now_ms, read(desk.clock), 0.0)
    event = build_job_event(JOB_EVENT_SAVE, Job("a", "true", EVERY_SECOND), 5)
    desk.hear(JobSaved(event, parse_schedule(EVERY_SECOND)), Adopted({"a": (5, T - 1000)}))
    (first,) = [ask for ask in desk.asked if isinstance(ask, Take)]
    desk.clock.now_ms += HOUR
    desk.hear(Won(first.claim, 9))
    desk.clock.turn(1)
    desk.hear(Woken())
    assert [ask for ask in desk.asked if isinstance(ask, Take)] == [first]
    assert desk.presence.rooms == [False]
    (order,) = desk.crew.orders
    assert order.start_at == pytest.approx(1000.2, abs=0.01)
    desk.clock.now_ms -= HOUR
    desk.hear(Woken())
    assert [ask.claim.plan_time for ask in desk.asked if isinstance(ask, Take)] == [T, T + 1000]
    desk.clock.turn(2)
    desk.hear(Woken())
    assert desk.presence.rooms == [False, True]


@pytest.mark.parametrize("step_ms", [HOUR, -HOUR])
def test_a_claim_that_is_dropped_while_the_clock_is_off_is_tried_again_once_it_is_right(
    desk: Desk, step_ms: int
) -> None:
    desk.clocks.measured("worker a", desk.clock.now_ms, read(desk.clock), 0.0)
    claim = desk.claimed().claim
    desk.clock.now_ms += step_ms
    desk.hear(Dropped(claim))
    desk.clock.now_ms -= step_ms
    desk.clock.turn(1.1)
    desk.hear(Woken())
    assert [ask.claim for ask in desk.asked if isinstance(ask, Take)] == [claim, claim]


@pytest.mark.parametrize("step_ms", [HOUR, -HOUR])
def test_a_clock_that_jumps_before_its_run_is_handed_out_moves_neither_start_nor_deadline(
    desk: Desk, step_ms: int
) -> None:
    desk.clocks.measured("worker a", desk.clock.now_ms, read(desk.clock), 0.0)
    claim = desk.claimed().claim
    desk.clock.now_ms += step_ms
    desk.hear(Won(claim, 9))
    (order,) = desk.crew.orders
    assert (order.start_at, order.start_by) == pytest.approx((1000.2, 1060.2), abs=0.01)


def test_a_worker_that_stops_alone_records_in_time_what_nobody_can_run(desk: Desk) -> None:
    def kill(run_id: str, reason: str) -> None:
        desk.scheduler.inbox.put(not_started(run_id, T, reason))

    desk.crew.kill = kill  # type: ignore[method-assign]
    desk.hear(Won(desk.claimed().claim, 9), WorkersSeen((Member("me", draining=True),)))
    desk.clock.turn(2)
    desk.scheduler.step()
    desk.clock.turn(60)
    desk.scheduler.close()
    missed = {ask.missed for ask in desk.asked if isinstance(ask, Take) and ask.missed}
    assert missed == {NO_WORKER}
