"""Room: a line is let in many at a time and never waits long; full is said at once, room late."""

from tests.turned_clock import TurnedClock
from worker.room import AGAIN_SECONDS, WAVE_SECONDS, Room


def test_without_a_line_all_that_is_free_is_given_away() -> None:
    assert Room(TurnedClock(), print).given(free=3, places=64, crowded=0) == 3


def test_a_line_is_let_in_by_a_good_part_of_the_places_or_all_at_once() -> None:
    room = Room(TurnedClock(), print)
    assert room.given(free=15, places=64, crowded=40) == 0
    assert room.given(free=16, places=64, crowded=40) == 16
    assert room.given(free=2, places=64, crowded=2) == 2


def test_what_is_free_is_given_away_before_long() -> None:
    clock = TurnedClock()
    room = Room(clock, print)
    assert room.given(free=1, places=64, crowded=40) == 0
    clock.turn(WAVE_SECONDS)
    assert room.given(free=1, places=64, crowded=40) == 1
    assert room.given(free=1, places=64, crowded=40) == 0


def test_full_is_said_at_once_and_room_again_only_when_there_is_some_for_a_while() -> None:
    said: list[bool] = []
    clock = TurnedClock()
    room = Room(clock, said.append)
    room.say(free=0, places=10)
    room.say(free=10, places=10)
    assert said == [False]
    clock.turn(AGAIN_SECONDS)
    room.say(free=1, places=10)
    assert said == [False]
    room.say(free=2, places=10)
    assert said == [False, True]
