"""The scheduler: what it makes of answers that come when the world has gone on."""

import math
import threading
from dataclasses import replace

import pytest

from common.clock import read
from common.job import Job
from common.owed import WAITING, Owed
from common.record import LOST, NO_WORKER, NOT_STARTED, UNKNOWN
from common.store import Entry
from tests.planned import planned
from tests.unit.scheduling import EVERY_SECOND, HOUR, Desk, T
from worker.asks import End, Take
from worker.claim import Claim
from worker.events import (
    Adopted,
    Dropped,
    FormerKnown,
    FormerOver,
    Found,
    Inherited,
    JobGone,
    JobSaved,
    Woken,
    Won,
    WorkersSeen,
)
from worker.members import Member
from worker.orders import Started
from worker.results import not_started
from worker.scheduler import CALM_SECONDS, LOOK_SECONDS
from worker.waits import Waits


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

    def call_off(run_id: str, reason: str) -> None:
        seen.append(desk.presence.draining)
        desk.scheduler.inbox.put(not_started(run_id, T, reason))

    desk.crew.call_off = call_off  # type: ignore[method-assign]
    desk.hear(Won(desk.claimed().claim, 9))
    desk.scheduler.close()
    assert seen
    assert all(seen)


def test_nothing_is_claimed_while_the_clock_is_off_and_all_is_as_before_when_it_is_right(
    desk: Desk,
) -> None:
    for source in ("worker a", "worker b"):
        desk.clocks.measured(source, desk.clock.now_ms, read(desk.clock), 0.0)
    desk.hear(JobSaved(planned(Job("a", "true", EVERY_SECOND), 5)), Adopted({"a": (5, T - 1000)}))
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


def test_a_run_that_waits_does_not_keep_a_scheduler_busy_whose_clock_is_off(desk: Desk) -> None:
    for source in ("worker a", "worker b"):
        desk.clocks.measured(source, desk.clock.now_ms, read(desk.clock), 0.0)
    claim = desk.claimed().claim
    owed = replace(claim.owed(), state=WAITING)
    desk.clock.now_ms += HOUR
    desk.hear(Waits(claim, owed, 9, 9, settled=True))
    assert desk.scheduler._pause() > 0
    desk.clock.now_ms -= HOUR
    assert desk.scheduler._pause() == 0


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
    def call_off(run_id: str, reason: str) -> None:
        desk.scheduler.inbox.put(not_started(run_id, T, reason))

    desk.crew.call_off = call_off  # type: ignore[method-assign]
    desk.hear(Won(desk.claimed().claim, 9), WorkersSeen((Member("me", draining=True),)))
    desk.clock.turn(2)
    desk.scheduler.step()
    desk.clock.turn(60)
    desk.scheduler.close()
    missed = {ask.missed for ask in desk.asked if isinstance(ask, Take) and ask.missed}
    assert missed == {f"{NO_WORKER}: all that may run it took no runs: me draining"}


def former_run(second: int) -> tuple[Claim, int]:
    """A run of the former life, and its fence."""
    return Claim("old", 3, "true", 0, T - 1000 * second, "me", 7, True, None), 40 + second


def test_a_former_run_is_settled_once_when_nothing_of_it_is_alive(desk: Desk) -> None:
    inherited = Inherited((former_run(1), former_run(2)))
    (started, _), (silent, _) = inherited.runs
    desk.hear(inherited)
    assert desk.former == [{started.run_id: ("old", 41), silent.run_id: ("old", 42)}]
    entry = Entry(started.run_key, b"", 41, 41)
    desk.hear(Found(((entry, Owed("running", "me", started.plan_time, 0, 3)),)))
    assert desk.filed == []
    both = frozenset([started.run_id, silent.run_id])
    desk.hear(FormerOver(both | {"elsewhere@1"}, frozenset([started.run_id])))
    told = {log.run_id: log.outcome for filing in desk.filed for log in filing.records}
    assert told == {started.run_id: LOST, silent.run_id: UNKNOWN}
    ends = [ask for ask in desk.asked if isinstance(ask, End)]
    assert [(end.finish.revision, end.unlock) for end in ends] == [(42, True), (41, True)]


@pytest.mark.parametrize("settled", [True, False])
def test_a_stop_keeps_the_lease_only_while_former_runs_are_left(desk: Desk, settled: bool) -> None:
    desk.hear(Inherited((former_run(1),)))
    if settled:
        desk.hear(FormerOver(frozenset([former_run(1)[0].run_id]), frozenset()))
    desk.scheduler.close()
    assert desk.presence.left_runs is not settled


def test_a_scheduler_is_missed_only_between_its_first_tick_and_its_end(desk: Desk) -> None:
    desk.clock.turn(60)
    assert desk.pulse.missing() == 0
    desk.hear(Woken())
    desk.clock.turn(9)
    assert desk.pulse.missing() == 0
    desk.clock.turn(2)
    assert desk.pulse.missing() == pytest.approx(11)
    desk.hear(Woken())
    assert desk.pulse.missing() == 0
    desk.scheduler.close()
    desk.clock.turn(60)
    assert desk.pulse.missing() == 0


def test_what_waits_is_ours_also_while_its_instant_is_being_claimed(desk: Desk) -> None:
    claim = desk.claimed().claim
    entry = Entry(claim.run_key, b"", 41, 40)
    desk.hear(Found(((entry, Owed(WAITING, "me", claim.plan_time, 0, 3)),)))
    assert claim.run_id in desk.waiting


def test_a_scheduler_with_nothing_to_do_waits_long_and_is_not_missed_meanwhile(desk: Desk) -> None:
    desk.hear(Woken())
    assert desk.scheduler._pause() == CALM_SECONDS
    desk.pulse.pause(CALM_SECONDS)
    desk.clock.turn(CALM_SECONDS + 9)
    assert desk.pulse.missing() == 0
    desk.clock.turn(2)
    assert desk.pulse.missing() == 11


def test_a_scheduler_that_was_woken_is_missed_again_when_it_hangs(desk: Desk) -> None:
    desk.pulse.pause(math.inf)
    desk.clock.turn(3600)
    assert desk.pulse.missing() == 0
    desk.hear(Woken())
    desk.clock.turn(11)
    assert desk.pulse.missing() == 11


def test_what_is_due_is_looked_at_before_for_a_clock_that_is_put_right(desk: Desk) -> None:
    desk.hear(JobSaved(planned(Job("a", "true", "* * * * *"), 5)), Adopted({"a": (5, T)}))
    desk.clock.turn(50.2)
    assert desk.scheduler._pause() == pytest.approx(0.9 * 9.7)
    desk.clock.turn(9.2)
    assert desk.scheduler._pause() == pytest.approx(0.5)


def test_a_scheduler_is_woken_when_its_clock_is_trusted_no_more(desk: Desk) -> None:
    woken: list[int] = []
    desk.trusted.turned = lambda: woken.append(1)
    for source in ("worker a", "worker b"):
        desk.clocks.measured(source, desk.clock.now_ms + HOUR, read(desk.clock), 0.0)
    assert desk.trusted.trusted_ms() is None
    assert desk.trusted.trusted_ms() is None
    assert woken == [1]


def test_a_full_scheduler_for_which_nothing_waits_waits_for_an_end(desk: Desk) -> None:
    desk.crew.room = 0
    desk.hear(Woken())
    assert desk.scheduler._pause() == LOOK_SECONDS
    desk.clock.turn(1.1)
    desk.hear(Woken())
    assert desk.presence.rooms == [False]
    assert desk.scheduler._pause() == CALM_SECONDS
    desk.crew.short_of = "processes"
    assert desk.scheduler._pause() == LOOK_SECONDS


def test_a_stop_does_not_wait_to_hear_of_executors_that_cannot_be_spoken_with(desk: Desk) -> None:
    desk.inheritance.is_known = False
    desk.scheduler.inbox.put(FormerKnown(whole=False))
    closing = threading.Thread(target=desk.scheduler.close)
    closing.start()
    closing.join(60.0)
    heard = not closing.is_alive()
    desk.scheduler.hurry()
    closing.join()
    assert heard


def test_a_drained_worker_rests_once_all_has_started_that_it_took_before(desk: Desk) -> None:
    claim = desk.claimed().claim
    rests = []
    for event in (
        WorkersSeen((Member("me", draining=True), Member("you"))),
        Won(claim, 9),
        Woken(),
        Started(claim.run_id, 99, T),
    ):
        desk.hear(event)
        rests.append(desk.presence.rests)
    assert rests == [False, False, False, True]


def test_a_drained_worker_that_took_nothing_rests_at_once(desk: Desk) -> None:
    desk.hear(Woken())
    assert not desk.presence.rests
    desk.hear(WorkersSeen((Member("me", draining=True),)))
    assert desk.presence.rests
