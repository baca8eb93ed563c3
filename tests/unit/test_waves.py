"""Waves: a line is let in many at a time, and never waits long."""

from tests.turned_clock import TurnedClock
from worker.waves import WAVE_SECONDS, Waves


def test_without_a_line_all_that_is_free_is_given_away() -> None:
    assert Waves(TurnedClock()).room(free=3, slots=64, waiting=0) == 3


def test_a_line_is_let_in_by_a_good_part_of_the_slots_or_all_at_once() -> None:
    waves = Waves(TurnedClock())
    assert waves.room(free=15, slots=64, waiting=40) == 0
    assert waves.room(free=16, slots=64, waiting=40) == 16
    assert waves.room(free=2, slots=64, waiting=2) == 2


def test_what_is_free_is_given_away_before_long() -> None:
    clock = TurnedClock()
    waves = Waves(clock)
    assert waves.room(free=1, slots=64, waiting=40) == 0
    clock.turn(WAVE_SECONDS)
    assert waves.room(free=1, slots=64, waiting=40) == 1
    assert waves.room(free=1, slots=64, waiting=40) == 0
