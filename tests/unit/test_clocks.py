"""Other clocks: what is believed of them, and what they say of ours."""

import pytest

from common.clock import Reading, read
from common.clocks import Clocks
from tests.turned_clock import TurnedClock

T = 1_800_000_000_000
HOUR = 3_600_000


def at(seconds: float, shift_ms: int = 0) -> Reading:
    """A reading so long after the first; our wall clock is set wrong by `shift_ms`."""
    return Reading(T + round(seconds * 1000) + shift_ms, 1000 + seconds)


def heard(*offsets_ms: int) -> Clocks:
    """Clocks that are so far ahead of true time, all measured at the first reading."""
    clocks = Clocks()
    for number, offset in enumerate(offsets_ms):
        clocks.measured(f"c{number}", T + offset, at(0), 0.0)
    return clocks


def test_a_clock_that_has_heard_no_other_is_trusted() -> None:
    opinion = Clocks().judge(at(0, HOUR))
    assert (opinion.trusted, opinion.heard, opinion.ahead_ms) == (True, 0, 0)


@pytest.mark.parametrize(
    ("offsets", "trusted"),
    [
        ([HOUR], False),
        ([HOUR, 0], True),
        ([HOUR, HOUR], False),
        ([HOUR, -HOUR, 0], False),
        ([HOUR, 0, 0], True),
        ([HOUR, HOUR, 0, 0], True),
        ([5000, -5000], True),
        ([5001], False),
        ([-5001], False),
    ],
)
def test_a_clock_is_trusted_when_more_than_half_of_all_agree_ours_among_them(
    offsets: list[int], trusted: bool
) -> None:
    assert heard(*offsets).judge(at(0)).trusted is trusted


def test_an_opinion_names_who_is_off_and_by_how_much_we_differ_from_the_middle() -> None:
    opinion = heard(0, -HOUR, HOUR, -HOUR, -HOUR).judge(at(0))
    assert (opinion.off, opinion.ahead_ms) == (("c1", "c2", "c3", "c4"), HOUR)
    assert opinion.sentence() == "3600.0 s ahead of 4 of 5 other clocks"


def test_where_the_others_differ_both_ways_no_difference_is_named() -> None:
    opinion = heard(-HOUR, 0, 10_000).judge(at(0))
    assert not opinion.trusted
    assert opinion.sentence() == "not within 5 s of 2 of 3 other clocks"


@pytest.mark.parametrize("step", [HOUR, -HOUR, 6000])
def test_a_step_of_our_clock_shows_at_the_next_reading_and_is_over_with_it(step: int) -> None:
    clocks = heard(0, 0, 0)
    assert clocks.judge(at(20)).trusted
    assert not clocks.judge(at(20, step)).trusted
    assert clocks.judge(at(20)).trusted


def test_half_of_a_measurements_round_trip_is_taken_off() -> None:
    clocks = Clocks()
    clocks.measured("log store", T - 500, at(0), 1.0)
    assert clocks.ahead_ms(at(7)) == {"log store": 0}


def test_a_clock_that_was_not_heard_for_long_counts_no_more() -> None:
    clocks = heard(HOUR)
    assert not clocks.judge(at(130)).trusted
    assert clocks.judge(at(132)).heard == 0


def test_a_clock_that_is_gone_counts_no_more() -> None:
    clocks = heard(HOUR)
    clocks.forget("c0")
    clocks.forget("never heard")
    assert clocks.judge(at(0)).heard == 0


def test_what_comes_late_after_a_break_does_not_make_a_clock_look_slow() -> None:
    clocks = Clocks()
    clocks.heard("m", T, at(0))
    for second in (10, 20, 30, 40):
        clocks.heard("m", T + second * 1000, at(49))
    assert clocks.ahead_ms(at(49)) == {"m": 0}
    clocks.heard("m", T + 50_000, at(50))
    assert clocks.ahead_ms(at(50)) == {"m": 0}


def test_a_clock_whose_first_news_come_late_counts_from_the_next_on() -> None:
    clocks = Clocks()
    clocks.heard("m", T, at(9))
    assert clocks.judge(at(9)).trusted
    assert clocks.ahead_ms(at(9)) == {}
    clocks.heard("m", T + 10_000, at(10))
    assert clocks.ahead_ms(at(10)) == {"m": 0}


def test_a_clock_that_is_set_back_is_believed_when_it_says_so_again() -> None:
    clocks = Clocks()
    clocks.heard("m", T, at(0))
    clocks.heard("m", T + 10_000 - HOUR, at(10))
    assert clocks.ahead_ms(at(10)) == {"m": 0}
    clocks.heard("m", T + 10_000 - HOUR, at(10.5))
    assert clocks.ahead_ms(at(10.5)) == {"m": 0}
    clocks.heard("m", T + 20_000 - HOUR, at(20))
    assert clocks.ahead_ms(at(20)) == {"m": -HOUR}


def test_a_clock_that_is_set_forward_is_believed_at_once() -> None:
    clocks = Clocks()
    clocks.heard("m", T, at(0))
    clocks.heard("m", T + 10_000 + HOUR, at(10))
    assert clocks.ahead_ms(at(10)) == {"m": HOUR}


@pytest.mark.parametrize(
    ("told_ms", "trusted"),
    [(0, True), (-90_000, True), (5000, True), (-HOUR, False), (HOUR, False), (5001, False)],
)
def test_while_no_clock_is_known_for_sure_what_they_told_last_must_be_possible(
    told_ms: int, trusted: bool
) -> None:
    clocks = Clocks()
    clocks.found("m", T + told_ms, at(0))
    assert clocks.judge(at(0)).trusted is trusted
    assert clocks.ahead_ms(at(0)) == {}


def test_who_is_ahead_of_all_others_is_so_also_before_they_are_believed() -> None:
    clocks = Clocks()
    clocks.found("m", T, at(0))
    clocks.heard("m", T + 5000, at(5, HOUR))
    assert clocks.judge(at(5, HOUR)).sentence() == "3510.0 s ahead of 1 of 1 other clocks"
    clocks.heard("m", T + 15_000, at(15, HOUR))
    assert clocks.judge(at(15, HOUR)).sentence() == "3600.0 s ahead of 1 of 1 other clocks"


def test_what_was_told_last_says_nothing_beside_a_clock_that_is_known() -> None:
    clocks = heard(0)
    clocks.found("m", T - HOUR, at(0))
    clocks.found("n", T - HOUR, at(0))
    assert clocks.judge(at(0)).trusted
    assert not clocks.judge(at(0, 60_000)).trusted


class Interrupted(TurnedClock):
    """A clock that stands still for a minute within its first reading."""

    def wall_ms(self) -> int:
        """The time before the minute passes."""
        now = self.now_ms
        if self.now_boot == 1000:
            self.turn(60)
        return now


def test_a_reading_that_was_held_up_is_made_again() -> None:
    assert read(Interrupted(T)) == Reading(T + 60_000, 1060)
