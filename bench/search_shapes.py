"""What the bench of searches asks for: each filter alone, and all that come in twos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from bench.search_log import Log
from common.record import FAILED, SKIPPED_OVERLAP, SUCCESS, TIMEOUT
from common.search import Search

AGAIN = 5
"""So many different values are asked for, where there are as many."""
HOUR_MS = 3_600_000
Shapes = Mapping[str, tuple[Search, ...]]
"""By what is said of them: searches that differ in their values alone."""


def shapes(log: Log) -> Shapes:
    """All of them."""
    made: dict[str, tuple[Search, ...]] = {"nothing": (Search(),)}
    alone = _alone(log)
    for name, wishes in alone.items():
        made[name] = tuple(Search(**wish) for wish in wishes)  # type: ignore[arg-type]
    for (one, ones), (other, others) in combinations(alone.items(), 2):
        if one.partition(":")[0] != other.partition(":")[0]:
            made[f"{one} + {other}"] = tuple(_both(ones, others))
    return made


def _both(
    ones: tuple[dict[str, object], ...], others: tuple[dict[str, object], ...]
) -> Iterator[Search]:
    for number in range(max(len(ones), len(others))):
        wish = {**ones[number % len(ones)], **others[number % len(others)]}
        yield Search(**wish)  # type: ignore[arg-type]


def _alone(log: Log) -> dict[str, tuple[dict[str, object], ...]]:
    """The filters; what stands before a colon is what they are about."""
    numbers = range(7, 7 + AGAIN)
    half = (log.start + log.end) // 2
    failed, several = (FAILED,), (FAILED, TIMEOUT, SKIPPED_OVERLAP)
    return {
        "job": tuple({"job": f"job-{n}"} for n in numbers),
        "outcome: failed": ({"outcomes": failed},),
        "outcome: success": ({"outcomes": (SUCCESS,)},),
        "outcome: of three": ({"outcomes": several},),
        "worker": tuple({"workers": (f"10.0.0.{n}",)} for n in numbers),
        "worker: of nine": tuple({"workers": _nine(n)} for n in numbers),
        "trigger: manual": ({"trigger": "manual"},),
        "trigger: schedule": ({"trigger": "schedule"},),
        "time: half of it": tuple({"since_ms": half + n} for n in numbers),
        "time: an hour": tuple({"since_ms": half + n, "until_ms": half + HOUR_MS} for n in numbers),
        "took: over 1 h": ({"took_least_ms": HOUR_MS},),
        "took: over 90 s": ({"took_least_ms": 90_000},),
        "took: under 1 s": ({"took_most_ms": 999},),
    }


def _nine(first: int) -> tuple[str, ...]:
    return tuple(f"10.0.0.{number}" for number in range(first, first + 9))
