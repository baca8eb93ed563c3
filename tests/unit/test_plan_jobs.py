"""What the plan makes of jobs that are saved, deleted, malformed or made anew."""

from tests.desk import Desk
from worker.asks import Adopt, Retire
from worker.choice import AHEAD_MS
from worker.events import JobGone, Won


def test_a_deleted_job_is_never_claimed_again_and_its_watermark_retired(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.asked.clear()
    desk.plan.gone(JobGone("a", 9))
    (retire,) = desk.asked
    assert isinstance(retire, Retire)
    assert retire.revision == 9
    desk.clock.turn(5)
    assert desk.takes() == []


def test_an_answer_for_a_deleted_job_is_taken_calmly(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.plan.gone(JobGone("a", 9))
    job = desk.plan.won(Won(claim, 5))
    assert job is not None
    assert desk.plan.claiming == 0


def test_an_edit_while_a_claim_is_under_way_goes_by_the_new_watermark(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.save(expr="*/10 * * * * * *", revision=2)
    desk.plan.won(Won(claim, 5))
    assert desk.plan.next_ms() is None
    desk.adopt(revision=2)
    assert desk.take().claim.plan_time == 1_800_000_010_000


def test_a_change_of_the_schedule_says_what_it_was_before(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.asked.clear()
    desk.save(expr="0 * * * *", revision=2)
    (adopt,) = desk.asked
    assert isinstance(adopt, Adopt)
    assert adopt.before is not None
    assert adopt.before.schedule.expr == "* * * * * * *"


def test_a_job_that_was_malformed_for_a_while_says_what_it_was_before_that(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    for revision in (2, 3):
        desk.plan.gone(JobGone("a", revision, deleted=False))
    desk.asked.clear()
    desk.save(revision=4)
    (adopt,) = desk.asked
    assert isinstance(adopt, Adopt)
    assert adopt.before is not None
    assert adopt.before.job_revision == 1


def test_a_malformed_job_that_is_deleted_is_retired_too(desk: Desk) -> None:
    desk.plan.gone(JobGone("a", 2, deleted=False))
    desk.plan.gone(JobGone("a", 3))
    assert desk.asked == [Retire("a", 3)]


def test_a_job_told_twice_is_planned_once(desk: Desk) -> None:
    desk.save(revision=5)
    desk.asked.clear()
    desk.save(revision=5)
    assert desk.asked == []


def test_a_job_of_a_store_that_was_set_back_is_taken_as_it_now_is(desk: Desk) -> None:
    desk.save(revision=500)
    desk.save(expr="0 * * * *", revision=4)
    desk.adopt(revision=4)
    assert desk.plan.next_ms() == 1_800_003_600_000 - 1_800_003_600_000 % 3_600_000 - AHEAD_MS


def test_a_watermark_of_an_older_revision_arms_nothing(desk: Desk) -> None:
    desk.save(revision=5)
    desk.adopt(revision=4)
    assert desk.plan.next_ms() is None
