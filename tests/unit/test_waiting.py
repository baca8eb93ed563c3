"""The waiting table: who tries its turn when, and what comes of that."""

import pytest

from tests.unit.queueing import CREATED, REVISION, Desk, T
from worker.standing import Standing
from worker.waiter import AGAIN_SECONDS
from worker.waiting import STRANGE_SECONDS
from worker.waits import Turned, Unturned


@pytest.fixture
def desk() -> Desk:
    """A desk with a job that queues."""
    return Desk()


def test_a_waiting_run_tries_its_turn_as_its_job_is_by_then(desk: Desk) -> None:
    claim = desk.wait()
    desk.save(8, command="other", overlap="allow")
    (turn,) = desk.turns()
    assert (turn.claim.run_id, turn.revision) == (claim.run_id, REVISION)
    assert (turn.claim.job_revision, turn.claim.command, turn.claim.locks) == (8, "other", False)
    assert turn.claim.counts_from_now


def test_it_tries_again_after_a_while_and_at_once_when_a_run_of_its_unit_ends(desk: Desk) -> None:
    desk.wait()
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim))
    assert desk.turns() == []
    desk.waiting.freed(["b"])
    assert desk.turns() == []
    desk.waiting.freed(["a"])
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    assert len(desk.turns()) == 1


def test_a_turn_is_tried_once_at_a_time(desk: Desk) -> None:
    desk.wait()
    assert len(desk.turns()) == 1
    desk.waiting.freed(["a"])
    assert desk.turns() == []
    assert desk.waiting.turning == 1


def test_who_waits_tries_no_turn_without_room_and_stays_in_line(desk: Desk) -> None:
    first = desk.wait()
    desk.clock.turn(1)
    desk.wait(at=T + 1000)
    assert desk.turns(room=0) == []
    assert [turn.claim.run_id for turn in desk.turns(room=1)] == [first.run_id]


def test_the_waiter_of_a_turn_is_known_once(desk: Desk) -> None:
    desk.wait()
    (turn,) = desk.turns()
    waiter = desk.waiting.turned(Turned(turn.claim, 30))
    assert waiter
    assert waiter.created == CREATED
    assert desk.waiting.turned(Turned(turn.claim, 30)) is None
    assert len(desk.waiting) == 0


def test_what_another_goes_on_with_is_forgotten(desk: Desk) -> None:
    claim = desk.wait()
    (turn,) = desk.turns()
    desk.waiting.unturned(Unturned(turn.claim, moved=True))
    assert claim.run_id not in desk.waiting
    assert desk.ended() == []


def test_a_job_that_is_not_listed_yet_is_waited_for_and_not_for_ever(desk: Desk) -> None:
    desk.wait()
    del desk.jobs["a"]
    (turn,) = desk.turns()
    assert turn.claim.job_revision == -1, "a revision that no job has"
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(STRANGE_SECONDS + 1)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["the job cannot run"]


def test_what_nobody_may_run_waits_for_a_worker_and_not_for_ever(desk: Desk) -> None:
    desk.wait()
    desk.whose = None
    assert desk.turns() == []
    desk.clock.turn(STRANGE_SECONDS + 1)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["no worker that may run it was there"]


def test_nothing_is_tried_without_a_lease_and_nothing_of_a_life_that_is_over(desk: Desk) -> None:
    desk.wait()
    desk.standing = None
    assert desk.turns() == []
    assert len(desk.waiting) == 1
    desk.standing = Standing("me again", 8, 1e9)
    desk.clock.turn(AGAIN_SECONDS)
    assert desk.turns() == []
    assert len(desk.waiting) == 0
    assert desk.ended() == []
