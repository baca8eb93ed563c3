"""Contract of a LogStore: pages by any two filters, also while records come.

The store has no other records than the test's.
"""

from collections.abc import Iterator
from random import Random

import pytest

from common.log_store import LogBatch, LogStore
from common.record import FAILED, MISSED, SUCCESS, TIMEOUT, JobLog
from common.search import Position, Search
from common.took import BOUNDS_MS
from tests.contract.log_store_room import LogRoom, T, run

MINUTE = 60_000
WISHES = {
    "job": ("a", "b"),
    "outcomes": ((FAILED,), (SUCCESS, TIMEOUT), ("", MISSED)),
    "workers": (("w1",), ("w2", "w3", "w4"), ("gone",)),
    "trigger": ("schedule", "manual", "retry"),
    "since_ms": (T - 20, T - 3 * MINUTE),
    "until_ms": (T + 20, T - MINUTE),
    "took_least_ms": (1000, 4999),
    "took_most_ms": (999, 60_000),
    "with_err": (True, False),
    "over_before_ms": (T + 5000, T - MINUTE),
}
RECORDS, COMING = 90, 4


def record(random: Random, number: int, at: int) -> JobLog:
    """One of any kind that began at T + `at` ms."""
    took = max(random.choice((0, *BOUNDS_MS[:5])) + random.randrange(-1, 2), 0)
    return run(
        random.choice("ab"),
        at,
        run_id=f"r{random.randrange(10**6)}@{number}",
        end_time=T + at + took,
        exit_code=random.choice((None, 0, 1)),
        outcome=random.choice((SUCCESS, FAILED, TIMEOUT, MISSED, "")),
        worker=random.choice(("w1", "w2", "w3", "")),
        trigger=random.choice(("schedule", "manual", "retry", "")),
        err=random.choice(("", "exit status 1")),
    )


def any_time(random: Random) -> int:
    """Many records begin in the same few milliseconds, others minutes before."""
    return random.choice((random.randrange(12), -random.randrange(5) * MINUTE))


def place(record: JobLog) -> tuple[int, str]:
    """Where it is in the order of pages."""
    return (-record.start_time, record.run_id)


class Reader:
    """Turns the pages of a search over records that still come."""

    def __init__(self, store: LogStore, random: Random, records: list[JobLog]) -> None:
        self._store, self._random = store, random
        self._records = records

    def pages(self, wanted: Search, limit: int) -> Iterator[JobLog]:
        """All that is found; it is checked that each page has what is meant by then."""
        after: Position | None = None
        while True:
            found = self._store.search(wanted, after, limit)
            meant = [each for each in sorted(self._records, key=place) if wanted.matches(each)]
            behind = [each for each in meant if after is None or place(each) > _key(after)]
            assert [each.run_id for each in found.records] == [
                each.run_id for each in behind[: len(found.records)]
            ]
            assert len(found.records) == min(limit, len(behind)) or not found.complete
            yield from found.records
            if found.next is None:
                return
            after = found.next
            self.come()

    def come(self) -> None:
        """Write some more, before and behind what has been looked at."""
        begin = len(self._records)
        came = [record(self._random, begin + n, any_time(self._random)) for n in range(COMING)]
        self._store.write(LogBatch(tuple(came)))
        self._records += came


def _key(after: Position) -> tuple[int, str]:
    return (-after.start_ms, after.run_id)


class PairsContract(LogRoom):
    """None is missing and none comes twice."""

    @pytest.mark.parametrize("one", sorted(WISHES))
    def test_pages_by_two_filters_have_what_is_meant_while_records_come(
        self, log_store: LogStore, one: str
    ) -> None:
        random = Random(f"two filters, {one}")
        records = [record(random, number, any_time(random)) for number in range(RECORDS)]
        log_store.write(LogBatch(tuple(records)))
        reader = Reader(log_store, random, records)
        for other in sorted(WISHES):
            wish = {one: random.choice(WISHES[one]), other: random.choice(WISHES[other])}
            found = list(reader.pages(Search(**wish), random.choice((7, 20))))  # type: ignore[arg-type]
            assert [place(each) for each in found] == sorted({place(each) for each in found}), wish
