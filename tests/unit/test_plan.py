"""The plan: one claim at a time for each job, in order, whatever the answers are."""

from tests.desk import STANDING, Desk
from worker.asks import Adopt
from worker.choice import AHEAD_MS
from worker.events import Dropped, LockHeld, Passed, Won


def test_a_saved_job_is_claimed_only_after_its_watermark_is_known(desk: Desk) -> None:
    desk.save()
    assert desk.asked == [Adopt("a", 1)]
    desk.clock.turn(5)
    assert desk.takes() == []
    desk.adopt()
    assert desk.take().claim.name == "a"


def test_a_claim_is_made_ahead_of_its_instant(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    assert desk.plan.next_ms() == 1_800_000_001_000 - AHEAD_MS
    assert desk.take().claim.plan_time == 1_800_000_001_000


def test_a_job_has_one_claim_under_way_at_most(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.clock.turn(10)
    assert desk.takes() == []
    desk.plan.won(Won(claim, 5))
    (again,) = desk.takes()
    assert again.claim.plan_time == claim.plan_time + 1000
    assert again.claim.fired == claim.plan_time


def test_instants_that_another_worker_settled_are_not_claimed(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.plan.passed(Passed(claim, claim.plan_time + 3000))
    assert desk.take().claim.plan_time == claim.plan_time + 4000


def test_a_held_lock_is_looked_at_again_at_the_instant(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.plan.held(LockHeld(claim))
    assert desk.plan.next_ms() == claim.plan_time
    assert desk.take().claim.plan_time == claim.plan_time


def test_a_watermark_that_went_is_looked_for_again(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.asked.clear()
    desk.plan.passed(Passed(claim, None))
    assert desk.asked == [Adopt("a", 1, stood=claim.fired)]


def test_a_watermark_that_went_back_is_made_anew_and_not_gone_by(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.asked.clear()
    desk.plan.passed(Passed(claim, claim.fired - 1))
    assert desk.asked == [Adopt("a", 1, stood=claim.fired)]
    assert desk.takes() == []


def test_a_claim_that_could_not_be_made_is_tried_again_after_a_pause(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.plan.dropped(Dropped(claim))
    assert desk.takes() == []
    assert desk.take().claim == claim


def test_nothing_is_claimed_while_the_lease_does_not_hold(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.standing = None
    desk.clock.turn(3)
    assert desk.takes() == []
    desk.standing = STANDING
    assert desk.take().claim.plan_time == 1_800_000_001_000
