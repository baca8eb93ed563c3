"""The waiting table: what other workers are to go on with, and what stays."""

import pytest

from tests.unit.queueing import Desk, T
from worker.asks import Turns
from worker.relief import AT_ONCE, CROWDED_SECONDS
from worker.waiter import AGAIN_SECONDS
from worker.waits import Unturned


@pytest.fixture
def desk() -> Desk:
    """A desk with a job that queues."""
    return Desk()


def test_a_worker_that_may_not_run_it_hands_it_over(desk: Desk) -> None:
    desk.wait()
    desk.whose = "other"
    (turn,) = desk.turns()
    assert (turn.to, turn.claim.incarnation) == ("other", "me")


def test_a_worker_without_room_hands_over_what_it_may_not_run(desk: Desk) -> None:
    desk.wait()
    assert desk.turns(room=0) == []
    desk.clock.turn(AGAIN_SECONDS)
    desk.whose = "other"
    (turn,) = desk.turns(room=0)
    assert turn.to == "other"
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    desk.whose = ""
    (turn,) = desk.turns()
    assert turn.to == ""


def test_a_worker_that_runs_nothing_now_lets_another_go_on_if_one_has_room(desk: Desk) -> None:
    desk.wait()
    desk.waiting.pass_on()
    assert desk.asked == []
    desk.others = "other"
    desk.clock.turn(AGAIN_SECONDS)
    desk.waiting.pass_on()
    ((ask,),) = [ask.turns for ask in desk.asked if isinstance(ask, Turns)]
    assert ask.to == "other"


def test_what_finds_no_room_for_a_while_is_handed_to_who_has_some(desk: Desk) -> None:
    desk.wait()
    desk.others = "other"
    assert desk.turns(room=0) == []
    desk.clock.turn(CROWDED_SECONDS - 0.1)
    assert desk.turns(room=0) == []
    desk.clock.turn(AGAIN_SECONDS)
    (turn,) = desk.turns(room=0)
    assert (turn.to, turn.unlocked) == ("other", True)
    desk.waiting.unturned(Unturned(turn.claim))
    desk.clock.turn(AGAIN_SECONDS)
    assert [turn.to for turn in desk.turns(room=0)] == ["other"], "its lock may be free by now"


def test_what_finds_no_room_stays_where_nobody_has_any(desk: Desk) -> None:
    desk.wait()
    desk.turns(room=0)
    desk.clock.turn(CROWDED_SECONDS)
    assert desk.turns(room=0) == []
    assert [turn.to for turn in desk.turns(room=1)] == [""]


def test_who_has_room_is_given_a_few_at_a_time(desk: Desk) -> None:
    for number in range(AT_ONCE + 1):
        desk.wait(at=T + number)
    desk.others = "other"
    desk.turns(room=0)
    desk.clock.turn(CROWDED_SECONDS)
    assert len(desk.turns(room=0)) == AT_ONCE
    desk.clock.turn(AGAIN_SECONDS)
    assert len(desk.turns(room=0)) == 1
