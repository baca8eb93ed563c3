"""The plan: one claim at a time for each job, in order, whatever the answers are."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from common.job import Job
from common.protocol import JOB_EVENT_SAVE, build_job_event
from common.schedule import parse_schedule
from tests.turned_clock import TurnedClock
from worker.asks import Adopt, Ask, Retire, Take
from worker.choice import AHEAD_MS, BEHIND
from worker.claim import Claim
from worker.events import Adopted, Dropped, Held, JobGone, JobSaved, Passed, Won, WorkersSeen
from worker.members import Member
from worker.placement import DELAYS_MS, Placement
from worker.plan import Plan
from worker.presence import Standing

STANDING = Standing("me", 7, 1e9)


class Desk:
    """A plan on a turned clock, and what it asked."""

    def __init__(self) -> None:
        self.clock = TurnedClock(wall_ms=1_800_000_000_500)
        self.asked: list[Ask] = []
        self.standing: Standing | None = STANDING
        placement = Placement("me")
        self.plan = Plan(self.clock, self.asked.append, lambda: self.standing, placement)
        self.see("me")

    def see(self, *names: str, full: Collection[str] = ()) -> None:
        """Let the watch bring the registered workers."""
        members = tuple(Member(name, room=name not in full) for name in names)
        self.plan.ranked(WorkersSeen(members))

    def save(
        self, name: str = "a", expr: str = "* * * * * * *", revision: int = 1, **fields: object
    ) -> None:
        """Let the watch bring a job, and the claimer its watermark: now."""
        job = replace(Job(name, "true", expr), **fields)  # type: ignore[arg-type]
        event = build_job_event(JOB_EVENT_SAVE, job, revision)
        self.plan.saved(JobSaved(event, parse_schedule(expr)))

    def adopt(self, name: str = "a", revision: int = 1) -> None:
        """Answer the adoption with a watermark of now."""
        self.plan.adopted(Adopted({name: (revision, self.clock.now_ms)}))

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


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


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
    desk.plan.held(Held(claim))
    assert desk.plan.next_ms() == claim.plan_time
    assert desk.take().claim.plan_time == claim.plan_time


def test_a_watermark_that_went_is_looked_for_again(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.asked.clear()
    desk.plan.passed(Passed(claim, None))
    assert desk.asked == [Adopt("a", 1)]


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


def test_without_room_jobs_wait_in_line_oldest_first(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.save(name)
        desk.adopt(name)
    desk.clock.turn(2)
    assert [take.claim.name for take in desk.takes(room=1)] == ["a"]
    assert desk.takes(room=0) == []
    assert [take.claim.name for take in desk.takes(room=9)] == ["b", "c"]


def test_a_job_waits_in_line_once_however_often_workers_come_and_go(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.clock.turn(2)
    assert desk.takes(room=0) == []
    for names in (("other",), ("me",)) * 3:
        desk.see(*names)
        desk.adopt()
        desk.clock.turn(1)
        assert desk.takes(room=0) == []
    assert desk.plan.crowded == 1
    assert len(desk.takes(room=9)) == 1


def test_what_is_only_recorded_needs_no_room(desk: Desk) -> None:
    desk.save()
    desk.save("rare", expr="0 0 * * *")
    for name in ("a", "rare"):
        desk.plan.adopted(Adopted({name: (1, desk.clock.now_ms - 86_400_000)}))
    (take,) = desk.takes(room=0)
    assert (take.claim.name, bool(take.missed)) == ("rare", True)


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
        desk.plan.gone(JobGone(name, 9))


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
    desk.plan.adopted(Adopted({name: (1, desk.clock.now_ms - 20_000)}))
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


def test_catching_up_ends_after_its_limit_however_long_its_runs_take(desk: Desk) -> None:
    desk.save(expr="*/2 * * * * * *", catch_up="all", catch_up_limit=3, start_deadline_seconds=5)
    desk.plan.adopted(Adopted({"a": (1, desk.clock.now_ms - 60_000)}))
    back = desk.clock.now_ms
    caught_up: list[Claim] = []
    on_time: list[Claim] = []
    while len(on_time) < 3:
        claim = desk.take().claim
        (caught_up if claim.caught_up else on_time).append(claim)
        desk.clock.turn(4 if claim.caught_up else 0)
        desk.plan.won(Won(claim, 9))
    assert [claim.plan_time < back - 5000 for claim in caught_up] == [True] * 3
    assert caught_up[0].gap is not None
    gaps = [claim.gap.reason for claim in on_time if claim.gap]
    assert gaps == [BEHIND] * len(gaps)
    assert gaps
    plans = [claim.plan_time for claim in (*caught_up, *on_time)]
    counts = [claim.gap.count if claim.gap else 0 for claim in (*caught_up, *on_time)]
    owed = range(1_799_999_942_000, plans[-1] + 1, 2000)
    assert sum(counts) + len(plans) == len(owed)


def test_an_absence_after_the_next_is_caught_up_anew(desk: Desk) -> None:
    desk.save(expr="*/2 * * * * * *", catch_up="all", catch_up_limit=2, start_deadline_seconds=5)
    desk.plan.adopted(Adopted({"a": (1, desk.clock.now_ms - 60_000)}))
    for _ in range(2):
        caught_up = 0
        while (claim := desk.take().claim).plan_time < desk.clock.now_ms - 1000:
            caught_up += claim.caught_up
            desk.plan.won(Won(claim, 9))
        assert caught_up == 2
        desk.plan.won(Won(claim, 9))
        desk.clock.turn(60)
