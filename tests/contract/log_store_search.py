"""Contract of a LogStore: what is searched for is found, page by page, as going through all would.

The store has no other records than the test's.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from common.log_store import PAGE_CHARACTERS, LogBatch, LogStore
from common.record import FAILED, MISSED, OUTCOMES, SUCCESS, TIMEOUT, JobLog
from common.search import Found, Position, Search, position
from common.took import BOUNDS_MS
from tests.contract.log_store_room import LogRoom, T, run

JOBS, WORKERS, TRIGGERS = ("a", "b", "ü"), ("w1", "w2", ""), ("schedule", "manual", "retry", "")
SAID = (SUCCESS, FAILED, TIMEOUT, MISSED, "")
DAY = 86_400_000


def random_record(random: Random, number: int) -> JobLog:
    """A record of any kind; many begin together, and some a long time before."""
    at = random.choice((random.randrange(40), -random.randrange(300) * 60_000, -DAY * number))
    bound = random.choice((0, *BOUNDS_MS))
    took = max(bound + random.randrange(-1, 2), 0)
    return run(
        random.choice(JOBS),
        at,
        run_id=f"r{random.randrange(10**9)}@{number}",
        end_time=T + at + took,
        exit_code=random.choice((None, 0, 1)),
        outcome=random.choice(SAID),
        worker=random.choice(WORKERS),
        trigger=random.choice(TRIGGERS),
        err=random.choice(("", "exit status 1")),
        output="printed",
    )


def random_search(random: Random) -> Search:
    """What somebody may ask: a few things at once, the more the rarer."""
    bound = random.choice(BOUNDS_MS)
    wishes = {
        "job": random.choice(JOBS),
        "outcomes": tuple(random.sample(SAID, random.randint(1, 3))),
        "workers": tuple(random.sample(("w1", "w2", "gone"), random.randint(1, 2))),
        "trigger": random.choice(TRIGGERS[:3]),
        "since_ms": T - random.choice((-20, 0, 60_000, 100 * DAY)),
        "until_ms": T + random.choice((20, 40, -60_000)),
        "took_least_ms": random.choice((0, bound - 1, bound, bound + 1)),
        "took_most_ms": random.choice((bound, bound + 1, 10**9)),
        "with_err": random.choice((True, False)),
    }
    asked = random.sample(sorted(wishes), random.choice((0, 1, 1, 2, 2, 3, 5)))
    return Search(**{name: wishes[name] for name in asked})  # type: ignore[arg-type]


def ordered(records: list[JobLog], wanted: Search) -> list[JobLog]:
    """What is meant, in its order and without outputs, as going through all of it finds it."""
    meant = sorted(filter(wanted.matches, records), key=lambda r: (-r.start_time, r.run_id))
    return [replace(record, output="") for record in meant]


def pages(store: LogStore, wanted: Search, limit: int) -> Iterator[Found]:
    """One page after the other, to the last; a position may come as text."""
    after: Position | None = None
    while True:
        found = store.search(wanted, after, limit)
        yield found
        if found.next is None:
            return
        after = position(str(found.next))


def all_of(store: LogStore, wanted: Search, limit: int = 50) -> list[JobLog]:
    """Everything that is found."""
    return [record for found in pages(store, wanted, limit) for record in found.records]


class SearchContract(LogRoom):
    """Every filter, alone and together with others."""

    searches = 6
    """So many random ones for each seed; a store that is slow is asked less."""

    @pytest.mark.parametrize("seed", range(4))
    def test_what_is_found_is_what_going_through_all_finds(
        self, log_store: LogStore, seed: int
    ) -> None:
        random = Random(f"search {seed}")
        records = [random_record(random, number) for number in range(250)]
        log_store.write(LogBatch(tuple(records)))
        for _ in range(self.searches):
            wanted, limit = random_search(random), random.choice((20, 50, 1000))
            assert all_of(log_store, wanted, limit) == ordered(records, wanted), wanted

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_pages_among_records_that_began_together_neither_miss_nor_repeat_one(
        self, log_store: LogStore, job: str, limit: int
    ) -> None:
        same = [run(job, 0, run_id=f"{job}@{n}:s:") for n in range(7)]
        others = [run(job, 1), run(job, -1)]
        log_store.write(LogBatch((*same, *others)))
        assert all_of(log_store, Search(job=job), limit) == [others[0], *same, others[1]]

    def test_pages_stay_in_their_place_while_records_come(
        self, log_store: LogStore, job: str
    ) -> None:
        old = [run(job, n) for n in range(20)]
        log_store.write(LogBatch(tuple(old)))
        seen: list[JobLog] = []
        for number, found in enumerate(pages(log_store, Search(job=job), 3)):
            seen += found.records
            log_store.write(LogBatch((run(job, 100 + number),)))
        assert seen == old[::-1]

    def test_a_page_says_where_the_next_begins_and_how_far_it_looked(
        self, log_store: LogStore, job: str
    ) -> None:
        runs = [run(job, n) for n in range(3)]
        log_store.write(LogBatch(tuple(runs)))
        first = log_store.search(Search(job=job), None, 2)
        assert first == Found(runs[:0:-1], Position(T + 1, runs[1].run_id), T + 1, True)
        assert log_store.search(Search(job=job), first.next, 2) == Found(runs[:1], None, None, True)

    def test_records_of_the_future_are_found(self, log_store: LogStore, job: str) -> None:
        late = [run(job, at) for at in (10**12, 10**15, 2**62)]
        log_store.write(LogBatch(tuple(late)))
        assert all_of(log_store, Search(job=job), 2) == late[::-1]

    def test_records_of_long_ago_are_found(self, log_store: LogStore, job: str) -> None:
        early = [run(job, at) for at in (-T, -(10**15), -(2**62))]
        log_store.write(LogBatch(tuple(early)))
        assert all_of(log_store, Search(job=job), 2) == early

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_page_of_nothing_is_empty_and_stays_in_its_place(
        self, log_store: LogStore, job: str, limit: int
    ) -> None:
        log_store.write(LogBatch((run(job, 0),)))
        after = Position(T + 5, "x")
        assert log_store.search(Search(job=job), after, limit) == Found([], after, None, True)

    def test_a_position_behind_the_end_of_what_is_meant_is_taken_at_its_sense(
        self, log_store: LogStore, job: str
    ) -> None:
        runs = [run(job, n) for n in range(5)]
        log_store.write(LogBatch(tuple(runs)))
        wanted = Search(job=job, since_ms=T + 1, until_ms=T + 4)
        for after in (Position(T + 9, "x"), Position(T + 4, "")):
            assert log_store.search(wanted, after, 9).records == runs[3:0:-1]
        assert log_store.search(wanted, Position(T, ""), 9) == Found([], None, None, True)
        odd = Search(job=job, since_ms=-(2**70), until_ms=2**70)
        assert log_store.search(odd, None, 9).records == runs[::-1]

    def test_outputs_are_whole_and_bound_the_page(self, log_store: LogStore, job: str) -> None:
        output = "x" * (PAGE_CHARACTERS * 2 // 5)
        runs = [run(job, n, output=output, line_times="1*1") for n in range(5)]
        log_store.write(LogBatch(tuple(runs)))
        page = log_store.search(Search(job=job), None, 100, outputs=True)
        assert (page.records, page.complete) == (runs[:1:-1], True)
        rest = log_store.search(Search(job=job), page.next, 100, outputs=True)
        assert (rest.records, rest.next) == (runs[1::-1], None)

    def test_time_that_is_up_ends_a_page_early_and_the_next_goes_on(
        self, log_store: LogStore, job: str
    ) -> None:
        runs = [run(job, -n * DAY) for n in range(10)]
        log_store.write(LogBatch(tuple(runs)))
        found: list[JobLog] = []
        after, cut_short = None, 0
        while True:
            page = log_store.search(Search(job=job), after, 100, until_boot=0.0)
            found += page.records
            assert (page.next is None) == page.complete
            if page.next is None:
                break
            after, cut_short = page.next, cut_short + 1
        assert found == runs
        assert cut_short > 1

    def test_each_outcome_is_counted_up_to_a_bound(self, log_store: LogStore, job: str) -> None:
        said = [SUCCESS] * 7 + [FAILED] * 2 + [""]
        runs = [run(job, n, outcome=outcome) for n, outcome in enumerate(said)]
        log_store.write(LogBatch((*runs, run(f"{job}.other", 0, outcome=OUTCOMES[2]))))
        counts = log_store.counts(Search(job=job), 5)
        assert counts == {SUCCESS: 5, FAILED: 2, "": 1}
        assert log_store.counts(Search(job=job, since_ms=T + 6), 5) == {
            SUCCESS: 1,
            FAILED: 2,
            "": 1,
        }
        only = Search(job=job, outcomes=(FAILED, MISSED))
        assert log_store.counts(only, 5) == {FAILED: 2}
