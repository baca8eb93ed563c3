"""The timetable: what is looked at when."""

import random

from worker.timetable import Timed, Timetable


class Named(Timed):
    """One that stands in a timetable."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.moment = None


class Table:
    """A timetable of names."""

    def __init__(self) -> None:
        self.table: Timetable[Named] = Timetable()
        self.named: dict[str, Named] = {}
        self.next_ms = self.table.next_ms

    def __len__(self) -> int:
        return len(self.table)

    def of(self, name: str) -> Named:
        """Who has this name."""
        return self.named.setdefault(name, Named(name))

    def set(self, name: str, at_ms: int) -> None:
        """Set it."""
        self.table.set(self.of(name), at_ms)

    def remove(self, name: str) -> None:
        """Remove it."""
        self.table.remove(self.of(name))

    def pop_due(self, now_ms: int) -> str | None:
        """Take the next name out."""
        found = self.table.pop_due(now_ms)
        return found.name if found else None


def test_an_empty_timetable_has_no_next_moment() -> None:
    table = Table()
    assert table.next_ms() is None
    assert table.pop_due(10**15) is None


def test_names_come_out_in_the_order_of_their_moments() -> None:
    table = Table()
    for name, at in (("c", 3), ("a", 1), ("b", 2)):
        table.set(name, at)
    assert [table.pop_due(9) for _ in range(4)] == ["a", "b", "c", None]


def test_equal_moments_come_out_in_the_order_in_which_they_were_set() -> None:
    table = Table()
    for name in ("z", "y", "x"):
        table.set(name, 5)
    assert [table.pop_due(5) for _ in range(3)] == ["z", "y", "x"]


def test_a_name_whose_moment_has_not_come_stays() -> None:
    table = Table()
    table.set("a", 10)
    assert table.pop_due(9) is None
    assert table.pop_due(10) == "a"


def test_a_moment_that_is_set_again_replaces_the_one_before() -> None:
    table = Table()
    table.set("a", 1)
    table.set("a", 5)
    assert table.next_ms() == 5
    assert table.pop_due(4) is None
    assert table.pop_due(5) == "a"
    assert table.pop_due(99) is None


def test_a_removed_name_never_comes_out() -> None:
    table = Table()
    table.set("a", 1)
    table.remove("a")
    table.remove("never there")
    assert table.next_ms() is None
    assert table.pop_due(9) is None


def test_a_million_replacements_do_not_make_the_heap_grow() -> None:
    table = Table()
    chance = random.Random(7)
    for _ in range(20_000):
        table.set(f"job-{chance.randrange(10)}", chance.randrange(1000))
    assert len(table) == 10
    assert table.table._kept <= 64 + 1


def test_a_moment_before_the_one_that_is_being_taken_out_comes_first() -> None:
    table = Table()
    for name in ("a", "b", "c"):
        table.set(name, 5)
    assert table.pop_due(9) == "a"
    table.set("d", 3)
    table.set("a", 5)
    assert table.next_ms() == 3
    assert [table.pop_due(9) for _ in range(5)] == ["d", "b", "c", "a", None]


def test_a_name_that_is_set_twice_for_one_moment_comes_out_once() -> None:
    table = Table()
    for at_ms in (5, 7, 5):
        table.set("a", at_ms)
    assert [table.pop_due(9) for _ in range(2)] == ["a", None]


def test_those_put_behind_open_ones_of_their_moment_come_out_once_and_after_them() -> None:
    table = Table()
    for name in ("a", "b"):
        table.set(name, 5)
    assert table.next_ms() == 5
    table.set("c", 5)
    table.set("d", 3)
    assert [table.pop_due(9) for _ in range(5)] == ["d", "a", "b", "c", None]


def test_what_is_cleared_of_stale_places_still_comes_out_in_order() -> None:
    table = Table()
    for turn in range(50):
        for name in ("a", "b", "c"):
            table.set(name, 100 + (turn + ord(name)) % 7)
            table.next_ms()
    table.set("a", 9)
    table.set("b", 8)
    table.set("c", 7)
    assert [table.pop_due(999) for _ in range(4)] == ["c", "b", "a", None]
