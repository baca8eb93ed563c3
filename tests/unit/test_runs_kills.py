"""The running table: whom a kill means, a deletion, and the end of a lease."""

import pytest

from common.record import FAILED, KILLED, LOST, NOT_STARTED
from tests.unit.running import Desk, T, ended, unstarted
from worker.asks import End
from worker.events import KillAsked
from worker.orders import CUT_OFF, Started


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


@pytest.mark.parametrize(("grace", "notice"), [(0, 0), (5, 5), (10, 10), (11, 10), (3600, 10)])
def test_a_run_that_is_cut_off_has_its_grace_but_at_most_a_third_of_the_lease(
    desk: Desk, grace: float, notice: float
) -> None:
    desk.start(cut_off="kill", kill_grace_seconds=grace)
    (order,) = desk.crew.orders
    assert order.cut_off_seconds == pytest.approx(notice)


def test_a_lease_that_is_gone_before_its_time_ends_what_must_not_outlive_it(desk: Desk) -> None:
    mine = desk.start("a", cut_off="kill")
    desk.start("b", cut_off="keep")
    desk.runs.cut_off("another")
    assert desk.crew.kills == []
    desk.runs.cut_off("me")
    assert desk.crew.kills == [(mine, CUT_OFF)]


def test_a_kill_means_the_runs_that_were_claimed_before_it(desk: Desk) -> None:
    before = desk.start(fence=10)
    desk.start(plan=T + 1000, fence=30)
    desk.start(name="b", fence=10)
    desk.runs.kill(KillAsked("a", 20))
    assert [run_id for run_id, _ in desk.crew.kills] == [before]


def test_a_kill_of_one_run_means_no_other(desk: Desk) -> None:
    desk.start(fence=10)
    second = desk.start(plan=T + 1000, fence=11)
    desk.runs.kill(KillAsked("a", 20, second))
    assert [run_id for run_id, _ in desk.crew.kills] == [second]


def test_a_claim_answered_after_its_kill_never_starts(desk: Desk) -> None:
    desk.runs.kill(KillAsked("a", 20))
    killed = desk.start(fence=10)
    assert desk.crew.orders == []
    assert desk.outcomes() == [(killed, NOT_STARTED)]
    desk.start(plan=T + 1000, fence=21)
    assert len(desk.crew.orders) == 1


def test_a_run_killed_before_its_command_started_was_not_started(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.ended(unstarted(run_id, KILLED))
    assert desk.outcomes() == [(run_id, NOT_STARTED)]


def test_a_run_was_started_where_its_end_alone_says_so(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.ended(ended(run_id, KILLED))
    assert desk.outcomes() == [(run_id, KILLED)]


def test_a_run_killed_after_its_start_was_killed(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.started(Started(run_id, 99, T))
    desk.runs.ended(ended(run_id, KILLED))
    assert desk.outcomes() == [(run_id, KILLED)]


def test_a_deletion_keeps_what_has_not_started_from_starting(desk: Desk) -> None:
    desk.runs.started(Started(desk.start(), 99, T))
    waiting = desk.start(plan=T + 1000, fence=11)
    desk.start(name="b")
    desk.runs.deleted("a")
    assert [run_id for run_id, _ in desk.crew.called_off] == [waiting]
    assert desk.crew.kills == []


def test_a_run_that_failed_or_was_lost_though_a_kill_meant_it_is_not_tried_again(
    desk: Desk,
) -> None:
    for number, outcome in enumerate((FAILED, LOST)):
        run_id = desk.start(plan=T + 1000 * number, fence=10, retries=1, rerun_lost=True)
        desk.runs.started(Started(run_id, 99, T))
        desk.runs.kill(KillAsked("a", 20))
        desk.runs.ended(ended(run_id, outcome))
    assert [ask.finish.retry for ask in desk.asked if isinstance(ask, End)] == [None, None]
