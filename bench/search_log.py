"""Records of all kinds for the bench of searches, and which of them each search is to find.

Three records begin in each 150 ms, all in the same one; they are of 1,000 jobs and 100 workers,
and nine in ten are a success. The newest begin now.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random

from common.log_store import LogBatch, LogStore
from common.record import FAILED, SKIPPED_OVERLAP, SUCCESS, TIMEOUT, JobLog
from common.search import Position, Search

TOGETHER, APART_MS = 3, 150
BATCH = 1000
JOBS = [f"job-{number}" for number in range(1000)]
WORKERS = [f"10.0.0.{number}" for number in range(100)]
OUTCOMES = [SUCCESS] * 90 + [FAILED] * 5 + [SKIPPED_OVERLAP] * 4 + [TIMEOUT]
TRIGGERS = ["schedule"] * 97 + ["retry"] * 2 + ["manual"]
DURATIONS = (5, 40, 900, 4000, 30_000, 400_000, 4_000_000)


class Column:
    """One field of all records: a value of few, by number."""

    def __init__(self, random: Random, records: int, values: Sequence[str]) -> None:
        self._values = values
        self._which = array("H", (random.randrange(len(values)) for _ in range(records)))

    def __getitem__(self, number: int) -> str:
        """The value of the record of this number."""
        return self._values[self._which[number]]

    def numbers(self, values: Iterable[str]) -> list[int]:
        """Which records have one of these."""
        meant = {n for n, value in enumerate(self._values) if value in values}
        return [number for number, which in enumerate(self._which) if which in meant]


class Log:
    """The records by number, the oldest first."""

    def __init__(self, records: int) -> None:
        random, self.records = Random(7), records
        self.end = int(time.time()) * 1000
        self.start = self.end - records // TOGETHER * APART_MS
        self._jobs, self._workers = Column(random, records, JOBS), Column(random, records, WORKERS)
        self._outcomes = Column(random, records, OUTCOMES)
        self._triggers = Column(random, records, TRIGGERS)
        self._took = array("i", (self._took_ms(random, number) for number in range(records)))
        self._known: dict[tuple[str, ...], list[int]] = {}

    def record(self, number: int) -> JobLog:
        """The record of this number."""
        at, outcome = self.at(number), self._outcomes[number]
        took, name = self._took[number], self._jobs[number]
        plain = JobLog(name, "true", "", "printed\n" * 8, at, at, at, at + max(took, 0))
        return replace(
            plain,
            run_id=self.run_id(number),
            outcome=outcome,
            worker=self._workers[number],
            trigger=self._triggers[number],
            exit_code=int(outcome != SUCCESS) if took >= 0 else None,
        )

    def at(self, number: int) -> int:
        """When it began."""
        return self.start + number // TOGETHER * APART_MS

    def run_id(self, number: int) -> str:
        """What it is called."""
        return f"{self._jobs[number]}@{self.at(number)}+{number}"

    def position(self, number: int) -> Position:
        """Where it is in the order of all."""
        return Position(self.at(number), self.run_id(number))

    def write(self, logs: LogStore) -> None:
        """Put all of them into a log store."""
        for begin in range(0, self.records, BATCH):
            batch = range(begin, min(begin + BATCH, self.records))
            logs.write(LogBatch(tuple(map(self.record, batch))))

    def meant(self, wanted: Search) -> list[int]:
        """The numbers of all records that are meant, in the order of pages."""
        tests, least, most = list(self._tests(wanted)), wanted.since_ms, wanted.until_ms
        begin = 0 if least is None else -(-(least - self.start) // APART_MS) * TOGETHER
        end = self.records if most is None else -(-(most - self.start) // APART_MS) * TOGETHER
        found = [n for n in self._likely(wanted) if begin <= n < end and all(t(n) for t in tests)]
        return list(self._in_order(reversed(found)))

    def _likely(self, wanted: Search) -> Sequence[int]:
        """The fewest records that one of the filters leaves."""
        columns = (
            (self._jobs, (wanted.job,) if wanted.job else ()),
            (self._workers, wanted.workers),
            (self._outcomes, wanted.outcomes),
            (self._triggers, (wanted.trigger,) if wanted.trigger else ()),
        )
        for column, values in columns:
            if values and values not in self._known:
                self._known[values] = column.numbers(values)
        left = [self._known[values] for _, values in columns if values]
        return min(left, key=len) if left else range(self.records)

    def _tests(self, wanted: Search) -> Iterator[Callable[[int], bool]]:
        """What a number is to fulfil, but for the time."""
        if wanted.job:
            yield lambda number: self._jobs[number] == wanted.job
        if wanted.workers:
            yield lambda number: self._workers[number] in wanted.workers
        if wanted.outcomes:
            yield lambda number: self._outcomes[number] in wanted.outcomes
        if wanted.trigger:
            yield lambda number: self._triggers[number] == wanted.trigger
        if wanted.by_took:
            least, most = wanted.took_least_ms or 0, wanted.took_most_ms
            yield lambda number: least <= self._took[number]
            yield lambda number: most is None or self._took[number] <= most

    def _in_order(self, numbers: Iterable[int]) -> Iterator[int]:
        """The newest begin the list; those that began together are put in order by their ids."""
        together: list[int] = []
        for number in numbers:
            if together and together[0] // TOGETHER != number // TOGETHER:
                yield from sorted(together, key=self.run_id)
                together.clear()
            together.append(number)
        yield from sorted(together, key=self.run_id)

    def _took_ms(self, random: Random, number: int) -> int:
        """A duration; -1 for what never began."""
        took = int(random.choice(DURATIONS) * random.uniform(0.5, 1.5))
        return -1 if self._outcomes[number] == SKIPPED_OVERLAP else took
