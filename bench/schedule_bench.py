"""How fast schedules are: parsing, next instants, and the slowest of 20,000 random expressions."""

import argparse
import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from random import Random

from common.describe import describe
from common.schedule import parse_schedule
from tests.cron_random import random_expression

NOW = 1_700_000_000_000
ZONES = ("UTC", "Europe/Berlin")
COMMON = (
    "*/5 * * * *",
    "0 3 * * *",
    "15 9-17 * * 1-5",
    "0 0 1 * *",
    "*/10 * * * * * *",
    "0 0 29 2 *",
    "30 4 1,15 * 5",
    "0 3 * * 5L",
)


def seconds(work: Callable[[], object]) -> float:
    """How long one call keeps the processor, so that neighbours on it do not count."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def next_rate(expr: str, zone: str, count: int) -> float:
    """Next instants a second, each asked for at another moment, 97 ms apart."""
    schedule = parse_schedule(expr, zone)
    moments = [NOW + number * 97 for number in range(count)]
    schedule.next_after(NOW)
    return count / seconds(lambda: [schedule.next_after(moment) for moment in moments])


def chain_rate(expr: str, zone: str, count: int) -> float:
    """Next instants a second, each asked for at the one before, as a scheduler does."""
    due = islice(parse_schedule(expr, zone).between(NOW, 1 << 50), count)
    began = time.thread_time()
    found = sum(1 for _ in due)
    return found / (time.thread_time() - began)


def parse_rate(count: int) -> float:
    """Expressions a second that were never seen before, of a fleet's usual kinds."""
    random = Random("parse")
    hours, days = range(24), range(7)
    texts = [
        f"{random.randrange(60)} {random.choice(hours)} * * {random.choice(days)} {2030 + n % 60}"
        if n % 2
        else f"{random.randrange(20)}-{random.randrange(30, 60)}/{n % 19 + 1} * {n % 28 + 1} * *"
        for n in range(count)
    ]
    distinct = list(dict.fromkeys(texts))
    return len(distinct) / seconds(lambda: [parse_schedule(text) for text in distinct])


def slowest(count: int) -> list[tuple[float, str, str]]:
    """Of random expressions the three that take longest to parse, describe and find five of.

    Without the collector of garbage, which would blame the expression that it happens to meet.
    """
    gc.disable()
    random, times = Random("slowest"), []
    for number in range(count):
        zone = ZONES[number % 5 == 4]
        start = random.randint(946_684_800, 3_913_056_000)
        expr = random_expression(random, datetime.fromtimestamp(start, UTC).year)
        times.append((seconds(lambda: explain(expr, zone, start * 1000)), expr, zone))  # noqa: B023
    gc.enable()
    return sorted(times, reverse=True)[:3]


def explain(expr: str, zone: str, after: int) -> tuple[str, list[int]]:
    """What a user who asks for an explanation is told."""
    schedule = parse_schedule(expr, zone)
    return describe(schedule), list(islice(schedule.between(after, 1 << 50), 5))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="of each kind (20000)")
    count = parser.parse_args().count
    print(f"{'expression':<20} {'zone':<14} {'next/s':>10} {'chained/s':>10}")
    for zone in ZONES:
        for expr in COMMON:
            rates = (
                f"{next_rate(expr, zone, count):>10,.0f} {chain_rate(expr, zone, count):>10,.0f}"
            )
            print(f"{expr:<20} {zone:<14} {rates}")
    print(f"\nparse/s, each expression new: {parse_rate(count):,.0f}")
    print(f"slowest of {count:,} random expressions (parse, describe, five instants):")
    for took, expr, zone in slowest(count):
        print(f"{took * 1000:8.1f} ms  {expr!r}  {zone}")


if __name__ == "__main__":
    main()
