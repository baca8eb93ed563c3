"""What the plan makes of jobs that are paused: nothing of a pause is due, and nothing is owed."""

import pytest

from common.watermark import LATEST_MS
from tests.desk import Desk
from worker.asks import Adopt
from worker.choice import AHEAD_MS

START = 1_800_000_000_500


def test_a_job_that_is_paused_without_an_end_is_never_looked_at(desk: Desk) -> None:
    desk.save(paused=True)
    desk.adopt()
    assert desk.plan.next_ms() is None
    desk.clock.turn(3600)
    assert desk.takes() == []


def test_a_pause_that_ends_by_itself_is_followed_by_the_instant_of_its_end(desk: Desk) -> None:
    until = START + 9_500
    desk.save(paused=True, paused_until=until)
    desk.adopt()
    assert desk.plan.next_ms() == until - AHEAD_MS
    claim = desk.take().claim
    assert (claim.plan_time, claim.gap, claim.fired) == (until, None, START)


@pytest.mark.parametrize(("catch_up", "late_ms"), [("skip", 5000), ("latest", 4000), ("all", 0)])
def test_instants_within_a_pause_are_not_caught_up(desk: Desk, catch_up: str, late_ms: int) -> None:
    until = START + 9_500
    desk.save(paused=True, paused_until=until, catch_up=catch_up, start_deadline_seconds=1)
    desk.adopt()
    desk.clock.now_ms = until + 5_500
    claim = desk.take().claim
    assert claim.plan_time == until + late_ms
    assert (claim.gap.first if claim.gap else until) == until


def test_what_lay_before_a_long_gone_end_of_a_pause_is_no_part_of_the_gap(desk: Desk) -> None:
    until = START + 9_500
    desk.save(paused=True, paused_until=until, start_deadline_seconds=1)
    desk.adopt()
    desk.clock.now_ms = until + 5_500
    claim = desk.take().claim
    assert claim.gap is not None
    assert (claim.gap.first, claim.gap.count) == (until, 5)


def test_a_job_that_is_paused_while_it_is_armed_goes_by_the_new_watermark(desk: Desk) -> None:
    desk.save()
    desk.adopt()
    desk.asked.clear()
    desk.save(revision=2, paused=True)
    (ask,) = desk.asked
    assert isinstance(ask, Adopt)
    rests = [version.job.rests_until for version in ask.versions if version.job]
    assert rests == [0, LATEST_MS]
    assert desk.plan.next_ms() is None
