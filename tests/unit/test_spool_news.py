"""What a registration says of records that wait: nothing while all is well, and seldom news."""

import pytest

from tests.turned_clock import TurnedClock
from worker.spool_news import SpoolNews
from worker.spool_state import SpoolState

T = 1_800_000_000_000


class Desk:
    """The news of a state that a test sets."""

    def __init__(self) -> None:
        self.clock = TurnedClock(T)
        self.state = SpoolState()
        self.news = SpoolNews(lambda: self.state, self.clock)

    def told(self, seconds: float = 10.0) -> object:
        """What is said so much later."""
        self.clock.turn(seconds)
        return self.news.told()


def test_what_waits_for_a_moment_is_not_worth_a_word() -> None:
    desk = Desk()
    desk.state = SpoolState(waiting=700, since_ms=T)
    assert desk.told(10.0) == {}
    assert desk.told(0.1) == {"waiting": 512, "since": T}


@pytest.mark.parametrize(("count", "told"), [(1, 1), (2, 2), (3, 2), (1023, 512), (1024, 1024)])
def test_numbers_are_rounded_down_so_that_they_change_seldom(count: int, told: int) -> None:
    desk = Desk()
    desk.state = SpoolState(cut=count, refused=count, unreadable=count, left_to_keys=count)
    lost = ("cut", "refused", "unreadable", "leftToKeys")
    assert desk.told() == dict.fromkeys(lost, told)


def test_what_is_refused_and_not_put_aside_is_said_until_it_is() -> None:
    desk = Desk()
    desk.state = SpoolState(refused=3, stuck=3)
    assert desk.told() == {"refused": 2, "stuck": 2}
    desk.state = SpoolState(refused=3)
    assert desk.told() == {"refused": 2}


def test_it_changes_each_ten_seconds_at_most_and_ends() -> None:
    desk = Desk()
    desk.state = SpoolState(cut=1)
    assert desk.told() == {"cut": 1}
    desk.state = SpoolState(cut=8)
    assert desk.told(9.9) == {"cut": 1}
    assert desk.told(0.2) == {"cut": 8}
    desk.state = SpoolState()
    assert desk.told() == {}
