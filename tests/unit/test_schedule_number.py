"""How many instants lie between two: by arithmetic, and the same as by counting them."""

import random

import pytest

from common.schedule import parse_schedule

EXPRESSIONS = (
    "* * * * * * *",
    "*/7 * * * * * *",
    "0,30 */13 * * *",
    "*/20 2-3 * * *",
    "5 0-59/7 0-23 * * * *",
    "30 2 * * *",
    "0 0,1,2,3 L * *",
    "15 10 15W,LW * *",
    "0 12 * * 5L",
    "0 12 1,15 * 1#2",
    "*/15 * 29 2 *",
    "0 0 31 12 * 2024-2026",
    "* * 31 2 *",
)
CHANGES = {
    "UTC": 1_709_164_800,
    "Europe/Berlin": 1_711_846_800,
    "America/New_York": 1_730_613_600,
    "Australia/Lord_Howe": 1_712_415_600,
    "Pacific/Apia": 1_325_239_200,
    "Africa/Casablanca": 1_710_036_000,
}
"""Around which the zones are looked at: a leap day, and moments at which their clocks change."""


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_the_number_of_instants_is_as_many_as_there_are(expr: str, zone: str) -> None:
    schedule = parse_schedule(expr, zone)
    chance = random.Random(f"{expr} {zone}")
    often = expr.startswith("*")
    for _ in range(8):
        reach = chance.choice((3600, 2 * 3600) if often else (86_400, 40 * 86_400))
        after = CHANGES[zone] * 1000 + chance.randint(-reach, reach // 4) * 1000
        after += chance.choice((0, 0, 1, 999))
        before = after + chance.randint(-10, reach) * 1000 + chance.choice((0, 0, 1, 999))
        wanted = sum(1 for _ in schedule.between(after, before))
        assert schedule.number_between(after, before) == wanted, (after, before)


def test_all_instants_there_are_can_be_numbered() -> None:
    every_minute = parse_schedule("* * * * *", "Europe/Berlin")
    minutes = every_minute.number_between(-(1 << 70), 1 << 70)
    years = 130 * 365 + 32  # with the leap days of 1972 to 2096
    assert minutes == years * 24 * 60
    assert every_minute.number_between(1 << 70, 0) == 0
