"""What the plan makes of jobs that are saved, deleted, malformed or made anew."""

from collections.abc import Sequence

import pytest

from tests.desk import Desk
from worker.asks import Adopt, Retire
from worker.choice import AHEAD_MS
from worker.events import Adopted, JobGone, Retired, Won
from worker.history import VERSIONS, Version


def test_a_deleted_job_is_never_claimed_again_and_its_watermark_retired(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.asked.clear()
    desk.plan.jobs.gone(JobGone("a", 9))
    (retire,) = desk.asked
    assert isinstance(retire, Retire)
    assert retire.revision == 9
    desk.clock.turn(5)
    assert desk.takes() == []


def test_an_answer_for_a_deleted_job_is_taken_calmly(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.plan.jobs.gone(JobGone("a", 9))
    job = desk.plan.won(Won(claim, 5))
    assert job is not None
    assert len(desk.plan.under_way) == 0


def test_an_edit_while_a_claim_is_under_way_goes_by_the_new_watermark(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    claim = desk.take().claim
    desk.save(expr="*/10 * * * * * *", revision=2)
    desk.plan.won(Won(claim, 5))
    assert desk.plan.next_ms() is None
    desk.adopt(revision=2)
    assert desk.take().claim.plan_time == 1_800_000_010_000


def test_jobs_whose_watermarks_lie_ahead_of_the_clock_are_named(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    now = desk.clock.now_ms
    ahead = {"a": (1, now + 3_600_000), "b": (1, now + 61_000), "c": (1, now + 59_000)}
    desk.plan.jobs.adopted(Adopted(ahead))
    (said,) = caplog.messages
    assert said.endswith("ahead of the clock: 2; longest job=a, until 2027-01-15T09:00:00+00:00")


def exprs(versions: Sequence[Version]) -> list[tuple[int, str]]:
    """From which revision on a job was due by which expression, "" for not at all."""
    return [(each.since, each.job.schedule.expr if each.job else "") for each in versions]


def asked(desk: Desk) -> list[tuple[int, str]]:
    """The versions of the last thing that was asked about a watermark."""
    ask = desk.asked[-1]
    assert isinstance(ask, Adopt | Retire)
    return exprs(ask.versions)


HOURLY, DAILY, EVERY_SECOND = "0 * * * *", "0 0 * * *", "* * * * * * *"


def test_a_change_of_the_schedule_says_what_it_was_before(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.save(expr=HOURLY, revision=2)
    assert asked(desk) == [(0, EVERY_SECOND), (2, HOURLY)]
    desk.save(expr=DAILY, revision=3)
    assert asked(desk) == [(0, EVERY_SECOND), (2, HOURLY), (3, DAILY)]
    desk.adopt(revision=2)
    desk.save(expr=DAILY, revision=4)
    assert asked(desk) == [(0, EVERY_SECOND), (2, HOURLY), (3, DAILY)]
    desk.adopt(revision=4)
    desk.save(expr=HOURLY, revision=5)
    assert asked(desk) == [(0, DAILY), (5, HOURLY)]


def test_a_change_of_the_command_says_nothing_of_before(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.save(revision=2, command="false")
    assert asked(desk) == []


def test_a_job_whose_watermark_was_never_known_is_known_from_where_it_was_seen(
    desk: Desk,
) -> None:
    desk.see("other")
    desk.save(revision=5)
    desk.save(expr=HOURLY, revision=6)
    assert desk.asked == []
    desk.see("me")
    assert asked(desk) == [(5, EVERY_SECOND), (6, HOURLY)]


def test_a_job_that_was_malformed_for_a_while_says_what_it_was_before_that(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    for revision in (2, 3):
        desk.plan.jobs.gone(JobGone("a", revision, deleted=False))
    desk.save(expr=HOURLY, revision=4)
    assert asked(desk) == [(0, EVERY_SECOND), (2, ""), (3, ""), (4, HOURLY)]


def test_a_job_deleted_and_made_anew_at_once_says_what_it_was(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.plan.jobs.gone(JobGone("a", 2))
    assert asked(desk) == [(0, EVERY_SECOND), (2, "")]
    desk.save(expr=HOURLY, revision=3)
    desk.plan.jobs.retired(Retired({"a": 2}))
    desk.save(expr=DAILY, revision=4)
    assert asked(desk) == [(0, EVERY_SECOND), (2, ""), (3, HOURLY), (4, DAILY)]


def test_a_deletion_that_is_settled_is_forgotten(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.plan.jobs.gone(JobGone("a", 2))
    desk.plan.jobs.retired(Retired({"a": 2}))
    desk.save(revision=3)
    assert asked(desk) == []


def test_who_becomes_first_retires_what_was_deleted_before(desk: Desk) -> None:
    desk.see("other")
    desk.save()
    desk.plan.jobs.gone(JobGone("a", 2))
    assert desk.asked == []
    desk.see("me")
    (retire,) = desk.asked
    assert isinstance(retire, Retire)
    assert (retire.revision, exprs(retire.versions)) == (2, [(1, EVERY_SECOND), (2, "")])


def test_of_very_many_changes_the_middle_ones_are_forgotten(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    for revision in range(2, 40):
        desk.save(expr=f"{revision} * * * *", revision=revision)
    versions = asked(desk)
    assert len(versions) == VERSIONS + 1
    assert versions[0] == (0, EVERY_SECOND)
    assert [since for since, _ in versions[1:]] == list(range(40 - VERSIONS, 40))


def test_a_malformed_job_that_is_deleted_is_retired_too(desk: Desk) -> None:
    desk.plan.jobs.gone(JobGone("a", 2, deleted=False))
    desk.plan.jobs.gone(JobGone("a", 3))
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
