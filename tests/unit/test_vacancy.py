"""When a worker says that it is full, and when that it has room again."""

from tests.turned_clock import TurnedClock
from worker.vacancy import FULL_SECONDS, ROOM_AGAIN_SECONDS, Vacancy

SLOTS = 50


class Desk:
    """A vacancy on a turned clock, and what it said."""

    def __init__(self) -> None:
        self.clock = TurnedClock()
        self.said: list[bool] = []
        self.vacancy = Vacancy(self.clock, self.said.append)

    def after(self, seconds: float, free: int) -> list[bool]:
        """Let so many slots be free so much later; what was said by then."""
        self.clock.turn(seconds)
        self.vacancy.look(free, SLOTS)
        return self.said


def test_a_worker_that_stays_full_says_so_once() -> None:
    desk = Desk()
    assert desk.after(0, free=0) == []
    assert desk.after(FULL_SECONDS, free=0) == [False]
    assert desk.after(FULL_SECONDS, free=0) == [False]


def test_a_burst_that_is_over_soon_makes_no_worker_full() -> None:
    desk = Desk()
    for _ in range(5):
        desk.after(FULL_SECONDS / 2, free=0)
        assert desk.after(FULL_SECONDS / 2 - 0.01, free=SLOTS) == []


def test_a_few_slots_that_come_free_do_not_make_a_full_worker_less_so() -> None:
    desk = Desk()
    desk.after(0, free=0)
    assert desk.after(FULL_SECONDS, free=SLOTS // 5 - 1) == [False]


def test_a_few_slots_that_are_left_are_room() -> None:
    desk = Desk()
    assert desk.after(0, free=1) == desk.after(2 * FULL_SECONDS, free=1) == []


def test_room_is_said_again_when_there_is_a_good_part_and_not_soon() -> None:
    desk = Desk()
    desk.after(0, free=0)
    desk.after(FULL_SECONDS, free=0)
    assert desk.after(ROOM_AGAIN_SECONDS - 0.01, free=SLOTS) == [False]
    assert desk.after(0.01, free=SLOTS // 5 - 1) == [False]
    assert desk.after(0, free=SLOTS // 5) == [False, True]
    desk.after(0, free=0)
    assert desk.after(FULL_SECONDS, free=0) == [False, True, False]


def test_a_worker_that_closes_has_no_room_at_once_and_again_after_a_while() -> None:
    desk = Desk()
    desk.vacancy.close()
    desk.vacancy.close()
    assert desk.said == [False]
    assert desk.after(ROOM_AGAIN_SECONDS, free=SLOTS) == [False, True]
