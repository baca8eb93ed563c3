"""20,000 random expressions: the engine against an oracle that tries out the rules."""

import logging
import time
from bisect import bisect_left
from datetime import UTC, datetime
from itertools import islice, pairwise
from random import Random

import pytest

from common.describe import describe
from common.schedule import parse_schedule
from tests.cron_oracle import clock_readings, due_in_utc, due_in_zone, read
from tests.cron_random import random_expression

log = logging.getLogger(__name__)

EXPRESSIONS, CHUNK, MANY = 20_000, 1_000, 300
DAY = 86400
# Days on which a clock was or will be changed: by an hour, by half of one, by two, by a whole day;
# at midnight, at one minute past it, at the end of a year; forward, backward, for good.
CLOCK_CHANGES = [
    *(("Europe/Berlin", day) for day in ("2024-03-31", "2024-10-27")),
    *(("Europe/Dublin", day) for day in ("2024-03-31", "2024-10-27", "1971-10-31")),
    *(("America/New_York", day) for day in ("2025-03-09", "2025-11-02")),
    *(("America/Sao_Paulo", day) for day in ("2018-02-18", "2018-11-04")),
    *(("America/St_Johns", day) for day in ("2011-03-13", "2010-11-07", "1988-04-03")),
    *(("America/Havana", day) for day in ("2025-03-09", "2025-11-02")),
    *(("America/Caracas", day) for day in ("2007-12-09", "2016-05-01")),
    *(("Africa/Cairo", day) for day in ("2024-04-26", "2024-10-31")),
    *(("Africa/Casablanca", day) for day in ("2024-03-10", "2024-04-14")),
    *(("Antarctica/Troll", day) for day in ("2024-03-31", "2024-10-27")),
    *(("Asia/Pyongyang", day) for day in ("2015-08-14", "2018-05-04")),
    *(("Asia/Tehran", day) for day in ("2022-03-21", "2022-09-21")),
    *(("Asia/Kathmandu", day) for day in ("1985-12-31",)),
    *(("Australia/Lord_Howe", day) for day in ("2024-04-06", "2024-10-05")),
    *(("Pacific/Apia", day) for day in ("2011-12-30", "2012-04-01")),
    *(("Pacific/Kwajalein", day) for day in ("1993-08-21",)),
    *(("Pacific/Kiritimati", day) for day in ("1994-12-31",)),
    *(("Pacific/Chatham", day) for day in ("2060-04-03", "2060-09-25")),
]


@pytest.mark.parametrize("chunk", range(EXPRESSIONS // CHUNK))
def test_random_expressions_are_due_when_the_rules_say_so(chunk: int) -> None:
    random = Random(f"expressions {chunk}")
    slowest = (0.0, "")
    for number in range(CHUNK):
        if number % 5 == 4:
            zone, day = random.choice(CLOCK_CHANGES)
            expr = random_expression(random, int(day[:4]), dense=True)
            compare_around_a_clock_change(random, expr, zone, day)
        else:
            start = random.randint(946684800, 3913056000)
            year = datetime.fromtimestamp(start, UTC).year
            expr = random_expression(random, year)
            slowest = max(slowest, (compare_in_utc(expr, start), expr))
    log.info("slowest of %d: %.1f ms for %r", CHUNK, slowest[0] * 1000, slowest[1])


def compare_in_utc(expr: str, start: int) -> float:
    """Compare five instants, and one looked back at; return the seconds that ours took."""
    expected = [instant * 1000 for instant in islice(due_in_utc(read(expr), start), 5)]
    began = time.perf_counter()
    schedule = parse_schedule(expr)
    text = describe(schedule)
    found = list(islice(schedule.between(start * 1000, 1 << 50), 5))
    took = time.perf_counter() - began
    assert found == expected, expr
    assert text, expr
    if expected:
        assert schedule.last_before(expected[-1] + 1, start * 1000) == expected[-1], expr
        assert schedule.last_before(expected[0], start * 1000 + 1) is None, expr
    return took


def compare_around_a_clock_change(random: Random, expr: str, zone: str, day: str) -> None:
    """Compare the instants of three days, and if they are many, 300 around the change."""
    noon = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())
    start, end = noon - DAY * 3 // 2, noon + DAY * 3 // 2
    expected = due_in_zone(read(expr), zone, start, end)
    first = max(0, bisect_left(expected, clock_change(zone, start, end)) - MANY // 2)
    begin = expected[first] if first else start
    wanted = [instant * 1000 for instant in expected[first : first + MANY]]
    schedule = parse_schedule(expr, zone)
    found = list(islice(schedule.between(begin * 1000 - 1, end * 1000), MANY))
    assert found == wanted, f"{expr} {zone} {day}"
    for instant in random.sample(range(begin, min(end, clock_change(zone, start, end) + DAY)), 8):
        place = bisect_left(wanted, instant * 1000 + 1)
        if 0 < place < len(wanted):
            about = f"{expr} {zone} around {instant}"
            assert schedule.next_after(instant * 1000) == wanted[place], about
            assert schedule.last_before(instant * 1000 + 1, wanted[0]) == wanted[place - 1], about


def clock_change(zone: str, start: int, end: int) -> int:
    """The minute at which the clock of a zone jumps between two instants."""
    readings = clock_readings(zone, start, end)
    jumps = [b for (a, x), (b, y) in pairwise(readings) if y - x != 1]
    assert len(jumps) == 1, f"{zone} {start}"
    return jumps[0]
