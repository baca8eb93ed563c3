"""The schedule as a record, and the edges of its search."""

import threading
from datetime import datetime
from itertools import islice, pairwise

import pytest

from common.schedule import Schedule, parse_schedule

NEW_YEAR_2024 = 1704067200000
MINUTE = 60_000
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]


def test_equal_expressions_in_equal_zones_are_one_schedule() -> None:
    schedule = parse_schedule("*/5 * * * *", "Europe/Berlin")
    assert schedule is parse_schedule("*/5 * * * *", "Europe/Berlin")
    assert schedule == Schedule(schedule.expr, schedule.zone, (), schedule.due)
    assert hash(schedule) == hash(Schedule(schedule.expr, schedule.zone, (), schedule.due))
    assert schedule != parse_schedule("*/5 * * * *")
    assert (schedule.expr, schedule.zone) == ("*/5 * * * *", "Europe/Berlin")


def test_a_schedule_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        parse_schedule("* * * * *").expr = "0 * * * *"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("after", "due"),
    [(-1, 0), (0, 1000), (1, 1000), (999, 1000), (1000, 2000), (-1000, 0), (-(1 << 70), 0)],
)
def test_next_is_strictly_after_to_the_millisecond(after: int, due: int) -> None:
    assert parse_schedule("* * * * * * *").next_after(after) == due


def test_last_is_before_and_not_too_early() -> None:
    schedule = parse_schedule("*/5 * * * *")
    due = NEW_YEAR_2024
    assert schedule.last_before(due + 1, 0) == due
    assert schedule.last_before(due, 0) == due - 5 * MINUTE
    assert schedule.last_before(due + 1, due) == due
    assert schedule.last_before(due + 4 * MINUTE, due + 1) is None
    assert schedule.last_before(due, due) is None
    assert schedule.last_before(0, -(1 << 70)) is None
    assert schedule.last_before(1 << 70, 0) == 4102444500000


def test_between_leaves_both_ends_out() -> None:
    schedule = parse_schedule("0 * * * *")
    hour = 60 * MINUTE
    start = NEW_YEAR_2024
    assert list(schedule.between(start, start + 3 * hour)) == [start + hour, start + 2 * hour]
    assert list(schedule.between(start - 1, start + 1)) == [start]
    assert list(schedule.between(start, start)) == []
    assert list(schedule.between(start + hour, start)) == []


def test_between_works_out_only_what_is_asked_for() -> None:
    every_second_for_ever = parse_schedule("* * * * * * *").between(0, 1 << 70)
    assert list(islice(every_second_for_ever, 3)) == [1000, 2000, 3000]


@pytest.mark.parametrize("zone", ZONES)
def test_the_last_second_of_2099_is_the_end(zone: str) -> None:
    schedule = parse_schedule("59 59 23 31 12 * 2099", zone)
    last = schedule.next_after(NEW_YEAR_2024)
    assert last is not None
    assert schedule.next_after(last - 1) == last
    assert schedule.next_after(last) is None
    assert parse_schedule("* * * * * * *", zone).next_after(last) is None
    assert parse_schedule("* * * * * * *", zone).last_before(1 << 70, 0) == last


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_second_of_1970_is_the_beginning(zone: str) -> None:
    first = parse_schedule("0 0 0 1 1 * 1970", zone).next_after(-(1 << 70))
    assert first is not None
    assert parse_schedule("* * * * * * *", zone).next_after(-(1 << 70)) == first


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "expr",
    [
        "0 0 29 2 *",
        "* * 29 2 1#1",
        "*/7 3 31W * *",
        "* * * 2 6#5",
        "15 2 * * * 2099",
        "* * * * * 2099",
        "30 1,2,3 L 10 0L",
    ],
)
def test_looking_back_finds_what_looking_ahead_found(expr: str, zone: str) -> None:
    schedule = parse_schedule(expr, zone)
    due = list(islice(schedule.between(NEW_YEAR_2024, 1 << 50), 50))
    assert due
    for earlier, later in pairwise(due):
        assert schedule.last_before(later, 0) == earlier
        assert schedule.last_before(later, earlier) == earlier
        assert schedule.last_before(later, earlier + 1) is None


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_who_asks_in_the_second_pass_is_not_sent_back_into_the_first() -> None:
    second_pass = milliseconds("2024-10-27T02:10+01:00")
    schedule = parse_schedule("30 2 * * *", "Europe/Berlin")
    assert schedule.next_after(second_pass) == milliseconds("2024-10-28T02:30+01:00")
    assert schedule.last_before(second_pass, 0) == milliseconds("2024-10-27T02:30+02:00")


def test_looking_back_from_afar_finds_the_first_pass_of_a_fixed_time() -> None:
    schedule = parse_schedule("30 2 27 10 *", "Europe/Berlin")
    december = milliseconds("2024-12-24T18:00+01:00")
    schedule.next_after(december)
    assert schedule.last_before(december, 0) == milliseconds("2024-10-27T02:30+02:00")


def test_looking_back_from_the_second_pass_finds_later_readings_in_the_first() -> None:
    schedule = parse_schedule("30 * 2 27 10 * 2024", "Europe/Berlin")
    second_pass = milliseconds("2024-10-27T02:00:10+01:00")
    assert schedule.last_before(second_pass, 0) == milliseconds("2024-10-27T02:59:30+02:00")


def test_threads_may_share_a_schedule() -> None:
    schedule = parse_schedule("*/10 * * * *", "Europe/Berlin")
    wanted = list(islice(schedule.between(0, 1 << 50), 3000))
    found: list[list[int]] = []

    def search() -> None:
        found.append(list(islice(schedule.between(0, 1 << 50), 3000)))

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 4
