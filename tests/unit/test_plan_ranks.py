"""What the plan does by its rank for a job, and when ranks change."""

from collections.abc import Sequence

from tests.desk import Desk
from worker.asks import Adopt, Adopts
from worker.events import Adopted, JobGone, Passed, Untaken, Won
from worker.members import Member
from worker.placement import DELAYS_MS, Placement


def job_of_rank(desk: Desk, rank: int | None, workers: Sequence[str]) -> str:
    """A job's name for which "me" has this rank among these workers."""
    placement = Placement("me")
    placement.seen([Member(name) for name in workers])
    return next(name for name in map("job-{}".format, range(1000)) if placement.rank(name) == rank)


def moment(desk: Desk) -> int:
    """When the desk looks next, ms after the full hour (before it: less than 0)."""
    at = desk.plan.next_ms()
    assert at is not None
    return (at + 1_800_000) % 3_600_000 - 1_800_000


def test_the_second_and_the_third_look_later_and_only_look(desk: Desk) -> None:
    workers = ("me", "other-1", "other-2", "other-3")
    desk.see(*workers)
    for rank in (1, 2):
        name = job_of_rank(desk, rank, workers)
        desk.save(name, expr="0 * * * *")
        desk.adopt(name)
        assert moment(desk) == DELAYS_MS[rank]
        take = desk.take()
        assert take.look
        desk.plan.won(Won(take.claim, 9))
        desk.plan.jobs.gone(JobGone(name, 9))


def second(desk: Desk) -> None:
    """A job due every minute for which another comes first, at the moment to look."""
    workers = ("me", "other")
    desk.see(*workers)
    name = job_of_rank(desk, 1, workers)
    desk.save(name, expr="* * * * *")
    desk.adopt(name)
    at = desk.plan.next_ms()
    assert at is not None
    desk.clock.now_ms = at


def test_a_look_needs_no_room_and_takes_none(desk: Desk) -> None:
    second(desk)
    (take,) = desk.takes(room=0)
    assert take.look
    assert (len(desk.plan.under_way), desk.plan.under_way.runs) == (1, 0)
    desk.plan.passed(Passed(take.claim, take.claim.plan_time))
    assert len(desk.plan.under_way) == 0


def test_what_a_look_finds_untaken_is_claimed_at_once(desk: Desk) -> None:
    second(desk)
    (look,) = desk.takes(room=1)
    desk.plan.untaken(Untaken(look.claim))
    (take,) = desk.takes(room=1)
    assert (take.claim, take.look) == (look.claim, False)
    assert desk.plan.under_way.runs == 1
    desk.plan.won(Won(take.claim, 9))
    assert desk.take().look


def test_what_a_look_finds_untaken_waits_for_room_and_is_looked_at_again_then(desk: Desk) -> None:
    second(desk)
    (look,) = desk.takes(room=0)
    desk.plan.untaken(Untaken(look.claim))
    assert desk.takes(room=0) == []
    assert desk.plan.crowded == 1
    (again,) = desk.takes(room=1)
    assert (again.claim, again.look) == (look.claim, True)


def test_a_job_that_three_others_come_first_for_sleeps(desk: Desk) -> None:
    workers = ("me", *(f"other-{n}" for n in range(9)))
    desk.see(*workers)
    name = job_of_rank(desk, None, workers)
    desk.save(name)
    assert desk.asked == []
    assert desk.plan.next_ms() is None


def test_who_becomes_first_reads_the_watermark_and_owes_what_was_due(desk: Desk) -> None:
    workers = ("me", *(f"other-{n}" for n in range(9)))
    desk.see(*workers)
    name = job_of_rank(desk, None, workers)
    desk.save(name, expr="*/5 * * * * * *")
    desk.clock.turn(30)
    desk.see("me")
    assert desk.asked == [Adopt(name, 1)]
    desk.plan.jobs.adopted(Adopted({name: (1, desk.clock.now_ms - 20_000)}))
    take = desk.take()
    assert not take.look
    assert desk.clock.now_ms - 20_000 < take.claim.plan_time <= desk.clock.now_ms - 15_000


def test_a_full_worker_s_jobs_are_others_until_it_has_room_again(desk: Desk) -> None:
    desk.see("me", "other")
    name = job_of_rank(desk, 1, ("me", "other"))
    desk.save(name, expr="0 * * * *")
    desk.adopt(name)
    assert moment(desk) == DELAYS_MS[1]
    desk.see("me", "other", full={"other"})
    assert moment(desk) == DELAYS_MS[0]
    desk.see("me", "other", full={"me", "other"})
    assert moment(desk) == DELAYS_MS[1]


def test_a_worker_that_is_not_registered_claims_nothing(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.see("other")
    desk.clock.turn(5)
    assert desk.takes() == []


def test_others_look_within_a_short_start_deadline(desk: Desk) -> None:
    workers = ("me", "other-1", "other-2", "other-3")
    desk.see(*workers)
    for rank, delay in ((0, -300), (1, 400), (2, 700)):
        name = job_of_rank(desk, rank, workers)
        desk.save(name, expr="0 * * * *", start_deadline_seconds=1)
        desk.adopt(name)
        assert moment(desk) == delay
        desk.plan.jobs.gone(JobGone(name, 9))


def test_a_rank_that_comes_back_reads_only_watermarks_after_which_something_was_due(
    desk: Desk,
) -> None:
    desk.save("often")
    desk.save("rarely", expr="0 0 * * *")
    for name in ("often", "rarely"):
        desk.adopt(name)
    desk.see("me", "other", full={"me"})
    desk.clock.turn(2)
    desk.asked.clear()
    desk.see("me")
    assert desk.asked == [Adopt("often", 1)]
    desk.adopt("often")
    assert desk.take().claim.name == "often"


def test_a_worker_that_stays_ranked_reads_no_watermark_when_others_come(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.clock.turn(2)
    desk.asked.clear()
    desk.see("me", "other")
    desk.see("me")
    assert desk.asked == []


def test_jobs_that_become_ours_together_are_asked_about_at_once(desk: Desk) -> None:
    desk.see("other")
    for name in ("a", "b", "c"):
        desk.save(name)
    desk.asked.clear()
    desk.see("me")
    (asked,) = desk.asked
    assert isinstance(asked, Adopts)
    assert {ask.name for ask in asked.jobs} == {"a", "b", "c"}


def test_a_registered_worker_claims_before_the_watch_has_shown_it_to_itself(desk: Desk) -> None:
    workers = ("me", "other")
    desk.see("other")
    name = job_of_rank(desk, 0, workers)
    desk.save(name)
    assert desk.asked == []
    desk.plan.jobs.arisen()
    assert desk.asked == [Adopt(name, 1)]
    desk.adopt(name)
    assert not desk.take().look


def test_a_worker_that_does_not_see_itself_yet_counts_while_others_come(desk: Desk) -> None:
    desk.see()
    desk.plan.jobs.arisen()
    desk.see("other")
    desk.save(job_of_rank(desk, 0, ("me", "other")))
    assert len(desk.asked) == 1


def test_a_worker_that_was_seen_counts_only_while_it_is_seen(desk: Desk) -> None:
    desk.see("other")
    desk.plan.jobs.arisen()
    desk.see("me", "other")
    desk.see("other")
    desk.save("a")
    assert desk.asked == []
