"""`H`: the same for the same name, spread over names, in its range, refused with a reason."""

import hashlib
import re
from collections import Counter

import pytest

from common.errors import InvalidField
from common.schedule import expand_hash, parse_schedule

NAMES = [f"backup-db{number}" for number in range(3000)]


def picked(field: str, names: list[str] = NAMES) -> list[str]:
    """What the minute field becomes for each name."""
    return [expand_hash(f"{field} * * * *", name).split()[0] for name in names]


@pytest.mark.parametrize(
    "expr",
    ["* * * * *", "  5 0 * * THU ", "@daily", "0 0 1 MARCH *", "0\t0 * * *", "0 0 LW * 5#2 2030"],
)
def test_an_expression_without_h_comes_back_as_it_was(expr: str) -> None:
    assert expand_hash(expr, "backup") == expr


def test_the_rule_is_the_documented_one() -> None:
    def value(field: str) -> int:
        return int(hashlib.sha256(f"{field}:backup".encode()).hexdigest()[:16], 16)

    minute, hour, day = value("minute"), value("hour"), value("day-of-month")
    assert expand_hash("H H H * *", "backup") == f"{minute % 60} {hour % 24} {day % 28 + 1} * *"
    assert expand_hash("H/7 H(9-17) * * *", "backup") == (f"{minute % 7}-59/7 {9 + hour % 9} * * *")
    assert expand_hash("* H(8-20)/3 * * *", "backup") == f"* {8 + hour % 3}-20/3 * * *"


def test_the_same_name_is_always_given_the_same() -> None:
    expr = "H H H(1-28) H H 2030"
    assert len({expand_hash(expr, "backup") for _ in range(10)}) == 1
    assert expand_hash("H * * * *", "a") == "16 * * * *"
    assert expand_hash("H H * * *", "Sicherung-ü-\udcff") == "33 6 * * *"


def test_names_are_spread_over_the_whole_field() -> None:
    counts = Counter(map(int, picked("H")))
    assert sorted(counts) == list(range(60))
    assert max(counts.values()) < 3 * len(NAMES) / 60


def test_fields_of_one_job_are_picked_apart() -> None:
    pairs = {expand_hash("H H * * *", name) for name in NAMES}
    assert len(pairs) > 1000


def test_a_range_is_kept() -> None:
    assert {int(value) for value in picked("H(5-9)")} == {5, 6, 7, 8, 9}
    assert set(picked("H(7-7)")) == {"7"}


def test_a_step_begins_anywhere_in_its_first_round() -> None:
    assert set(picked("H/15")) == {f"{start}-59/15" for start in range(15)}
    assert set(picked("H(10-20)/5")) == {f"{start}-20/5" for start in range(10, 15)}
    assert set(picked("H/1")) == {"0-59/1"}


def test_a_step_that_leaves_one_value_leaves_a_value() -> None:
    assert set(picked("H(0-3)/4")) == {"0-3/4", "1-3/4", "2-3/4", "3"}


def test_each_h_of_a_list_is_replaced() -> None:
    for value in picked("H(0-29),H(30-59),5"):
        early, late, fixed = map(int, value.split(","))
        assert (late, fixed) == (early + 30, 5)


@pytest.mark.parametrize(
    ("expr", "place", "low", "high"),
    [
        ("H * * * * * *", 0, 0, 59),
        ("* H * * * * *", 1, 0, 59),
        ("* * H * * * *", 2, 0, 23),
        ("* * * H * * *", 3, 1, 28),
        ("* * * * H * *", 4, 1, 12),
        ("* * * * * H *", 5, 0, 6),
        ("* * * * h", 4, 0, 6),
        ("* * H(1-31) * *", 2, 1, 31),
        ("* * * H(mar-may) *", 3, 3, 5),
        ("* * * * H(1-7) 2030", 4, 1, 7),
    ],
)
def test_every_field_has_its_own_range(expr: str, place: int, low: int, high: int) -> None:
    values = {int(expand_hash(expr, name).split()[place]) for name in NAMES}
    assert values == set(range(low, high + 1))


@pytest.mark.parametrize("expr", ["H H * * *", "H/2 H(0-7) H/9 H H", "H H/6 H H/3 H/2 H(1-7)/3 *"])
def test_what_comes_out_can_be_read(expr: str) -> None:
    for name in NAMES[:300]:
        expanded = expand_hash(expr, name)
        assert not re.search("[hH]", expanded)
        assert parse_schedule(expanded).next_after(0) is not None


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("H(50-70) * * * *", "minute: 70 is out of range 0-59"),
        ("H(9-5) * * * *", "minute: the range of 'H(9-5)' ends before it begins"),
        ("* H/24 * * *", "hour: the step of 'H/24' is out of range 1-23"),
        ("* * H/29 * *", "day-of-month: the step of 'H/29' is larger than its range 1-28"),
        ("H(0-4)/6 * * * *", "minute: the step of 'H(0-4)/6' is larger than its range 0-4"),
        ("H/0 * * * *", "minute: the step of 'H/0' is out of range 1-59"),
        ("H/x * * * *", "minute: 'H/x' has no number as its step"),
        (
            "H(a-5) * * * *",
            "minute: 'a' is not a value 0-59, a range, a step or a list of these",
        ),
        ("* * * * * H", "year: 'H': a year cannot be picked by a hash"),
        ("H * * *", "has 4 fields"),
    ],
)
def test_an_h_that_makes_no_sense_is_refused_by_name(expr: str, reason: str) -> None:
    with pytest.raises(InvalidField) as refused:
        expand_hash(expr, "backup")
    assert str(refused.value).startswith(f"cronExpr: {reason}")


@pytest.mark.parametrize("expr", ["H(1-5 * * * *", "HH * * * *", "H-5 * * * *", "1-H * * * *"])
def test_a_broken_h_is_left_for_the_parser_to_refuse(expr: str) -> None:
    with pytest.raises(InvalidField, match=r"cronExpr: minute: .* is not a value"):
        parse_schedule(expand_hash(expr, "backup"))
