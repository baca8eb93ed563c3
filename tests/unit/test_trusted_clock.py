"""Our clock while it agrees with others, while it does not, and what is said of it."""

import pytest

from common.clock import read
from common.clocks import Clocks
from common.errors import ClockOff
from common.trusted_clock import TrustedClock
from tests.turned_clock import TurnedClock

HOUR = 3_600_000


class Desk:
    """A turned clock among two others."""

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.clocks = Clocks()
        self.trusted = TrustedClock(self.clock, self.clocks, "claiming nothing")
        for source in ("worker a", "worker b"):
            self.hear(source)

    def hear(self, source: str, ahead_ms: int = 0) -> None:
        """A clock says what time it is, by ours or ahead of it."""
        self.clocks.measured(source, self.clock.now_ms + ahead_ms, read(self.clock), 0.0)


@pytest.fixture
def desk() -> Desk:
    """A clock that agrees."""
    return Desk()


def test_a_clock_that_agrees_is_used_as_it_is(desk: Desk) -> None:
    now = desk.clock.now_ms
    assert (desk.trusted.trusted_ms(), desk.trusted.required_ms()) == (now, now)
    assert desk.trusted.wall_ms() == now


def test_a_small_step_is_followed(desk: Desk) -> None:
    desk.trusted.trusted_ms()
    desk.clock.now_ms += 3000
    assert desk.trusted.wall_ms() == desk.clock.now_ms


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_clock_that_steps_far_is_not_used_until_it_is_right_again(desk: Desk, step: int) -> None:
    desk.trusted.trusted_ms()
    desk.clock.turn(10)
    true = desk.clock.now_ms
    desk.clock.now_ms += step
    assert desk.trusted.trusted_ms() is None
    assert desk.trusted.wall_ms() == true
    with pytest.raises(ClockOff, match=r"3600\.0 s (ahead of|behind) 2 of 2 other clocks"):
        desk.trusted.required_ms()
    desk.clock.now_ms -= step
    assert desk.trusted.trusted_ms() == true


def test_a_clock_that_is_wrong_from_the_start_has_nothing_else_to_go_by(desk: Desk) -> None:
    desk.clock.now_ms += HOUR
    assert desk.trusted.trusted_ms() is None
    assert desk.trusted.wall_ms() == desk.clock.now_ms


def test_that_our_clock_is_off_is_said_once_and_once_that_it_is_not(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.clock.now_ms += HOUR
    for _ in range(3):
        desk.trusted.trusted_ms()
    assert [record.message for record in caplog.records] == [
        "the clock of this host is 3600.0 s ahead of 2 of 2 other clocks:"
        " claiming nothing until it agrees"
    ]
    caplog.clear()
    desk.clock.now_ms -= HOUR
    for _ in range(3):
        desk.trusted.trusted_ms()
    assert [r.message for r in caplog.records] == [
        "the clock of this host agrees with most others again"
    ]


def test_whose_clock_is_off_is_said_once_and_once_that_it_is_not(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.hear("worker b", -HOUR)
    for _ in range(3):
        desk.trusted.trusted_ms()
    desk.hear("worker b")
    desk.trusted.trusted_ms()
    assert [record.message for record in caplog.records] == [
        "the clock of worker b is 3600.0 s behind ours",
        "the clock of worker b agrees with ours again",
    ]
