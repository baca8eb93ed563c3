"""When our clock is told again."""

import pytest

from common.own_clock import Retelling
from tests.turned_clock import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    """A clock that stands still."""
    return TurnedClock()


@pytest.fixture
def retelling(clock: TurnedClock) -> Retelling:
    """It was told just now, and is to be told every ten seconds."""
    made = Retelling(clock, 10)
    assert made.is_due()
    made.told()
    return made


def test_a_clock_is_told_every_so_often(clock: TurnedClock, retelling: Retelling) -> None:
    clock.turn(7.9)
    assert not retelling.is_due()
    clock.turn(2.1)
    assert retelling.is_due()


@pytest.mark.parametrize("step_ms", [1001, -1001, 3_600_000])
def test_a_clock_that_was_set_is_told_at_once_and_soon_again(
    clock: TurnedClock, retelling: Retelling, step_ms: int
) -> None:
    clock.now_ms += step_ms
    assert retelling.is_due()
    retelling.told()
    assert not retelling.is_due()
    clock.turn(2)
    assert retelling.is_due()
    retelling.told()
    clock.turn(7.9)
    assert not retelling.is_due()


def test_a_clock_that_is_slowly_put_right_is_not_told_for_it(
    clock: TurnedClock, retelling: Retelling
) -> None:
    clock.now_ms += 900
    assert not retelling.is_due()
