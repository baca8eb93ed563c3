"""What every LogStore promises, as one suite: a module gives a `log_store` and a subclass."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from common.errors import LogStoreRefused
from common.log_store import PAGE_CHARACTERS, LogBatch, LogStore
from common.search import Position, Search
from tests.contract.log_store_keeping import KeepingContract
from tests.contract.log_store_merging import MergingContract
from tests.contract.log_store_pairs import PairsContract
from tests.contract.log_store_planned import PlannedContract
from tests.contract.log_store_records import RecordContract
from tests.contract.log_store_room import T, page, run
from tests.contract.log_store_search import SearchContract


class LogStoreContract(
    RecordContract,
    MergingContract,
    PlannedContract,
    SearchContract,
    PairsContract,
    KeepingContract,
):
    """All of the seam. The store may hold records of other jobs than the test's own."""

    def test_a_job_without_records_has_an_empty_page(self, log_store: LogStore, job: str) -> None:
        assert page(log_store, job) == []

    def test_a_page_carries_a_bounded_amount_of_output_and_says_what_it_shortened(
        self, log_store: LogStore, job: str
    ) -> None:
        output = "x" * (PAGE_CHARACTERS // 3)
        runs = [run(job, at, output=output, line_times="1*1") for at in range(6)]
        log_store.write(LogBatch(tuple(runs)))
        records = page(log_store, job)
        assert [record.shortened for record in records] == [False] * 3 + [True] * 3
        assert [record.line_times for record in records] == ["1*1"] * 3 + [""] * 3
        assert sum(len(record.output) for record in records) < PAGE_CHARACTERS + 6000
        assert [record.output for record in page(log_store, job, 5, 1)] == [output]

    def test_a_record_that_is_read_alone_has_all_its_output(
        self, log_store: LogStore, job: str
    ) -> None:
        output = "x" * (PAGE_CHARACTERS + 1)
        log_store.write(LogBatch((run(job, 0, output=output),)))
        (record,) = page(log_store, job)
        assert record.output == output
        assert not record.shortened

    def test_an_empty_batch_is_written(self, log_store: LogStore) -> None:
        log_store.write(LogBatch(()))

    def test_records_are_read_newest_start_first_however_they_were_written(
        self, log_store: LogStore, job: str
    ) -> None:
        for at in (5, 1, 9, 3, 7):
            log_store.write(LogBatch((run(job, at),)))
        assert [r.start_time - T for r in page(log_store, job)] == [9, 7, 5, 3, 1]

    def test_records_that_began_together_are_read_by_run_id(
        self, log_store: LogStore, job: str
    ) -> None:
        same = tuple(run(job, 0, run_id=f"{job}@{n}") for n in ("b", "c", "a"))
        log_store.write(LogBatch((*same, run(job, 1), run(job, -1))))
        assert [r.run_id.rpartition("@")[2] for r in page(log_store, job)] == [
            f"{T + 1}",
            "a",
            "b",
            "c",
            f"{T - 1}",
        ]

    def test_pages_follow_each_other_without_gap_or_overlap(
        self, log_store: LogStore, job: str
    ) -> None:
        log_store.write(LogBatch(tuple(run(job, n) for n in range(25))))
        pages = [page(log_store, job, skip, 10) for skip in (0, 10, 20, 30)]
        assert [len(records) for records in pages] == [10, 10, 5, 0]
        starts = [r.start_time - T for records in pages for r in records]
        assert starts == list(reversed(range(25)))

    @pytest.mark.parametrize(
        ("skip", "limit", "count"),
        [(0, 0, 0), (0, -1, 0), (-1, 2, 2), (2**70, 5, 0), (1, 2**70, 2)],
    )
    def test_odd_bounds_of_a_page_are_taken_at_their_sense(
        self, log_store: LogStore, job: str, skip: int, limit: int, count: int
    ) -> None:
        log_store.write(LogBatch(tuple(run(job, n) for n in range(3))))
        assert len(page(log_store, job, skip, limit)) == count

    @pytest.mark.parametrize("count", [100, 1_000])
    def test_a_batch_is_written_whole(self, log_store: LogStore, job: str, count: int) -> None:
        batch = tuple(run(job, n, output=f"{n}\n" * 50) for n in range(count))
        log_store.write(LogBatch(batch))
        assert page(log_store, job, 0, count + 1) == list(reversed(batch))

    def test_the_latest_of_each_job_comes_without_its_output(
        self, log_store: LogStore, job: str
    ) -> None:
        names = [f"{job}.{n}" for n in range(5)]
        for name in names[:4]:
            runs = [run(name, n, output="much", run_id=f"{name}@{n}") for n in (1, 3, 2)]
            together = run(name, 3, run_id=f"{name}@0", exit_code=1, line_times="1*1")
            log_store.write(LogBatch((*runs, together)))
        latest = log_store.latest(names)
        assert latest == {name: run(name, 3, run_id=f"{name}@0", exit_code=1) for name in names[:4]}
        assert log_store.latest([names[0], names[0]]) == {names[0]: latest[names[0]]}
        assert log_store.latest([]) == {}

    def test_the_latest_of_many_jobs_are_found(self, log_store: LogStore, job: str) -> None:
        names = [f"{job}.{n}" for n in range(250)]
        for start in range(0, 200, 50):
            log_store.write(LogBatch(tuple(run(n, 0) for n in names[start : start + 50])))
        assert set(log_store.latest(names)) == set(names[:200])

    def test_what_is_written_is_read_at_once_by_another_thread(
        self, log_store: LogStore, job: str
    ) -> None:
        with ThreadPoolExecutor(1) as reader:
            for n in range(20):
                log_store.write(LogBatch((run(job, n),)))
                assert reader.submit(page, log_store, job, 0, 1).result() == [run(job, n)]

    def test_many_threads_write_the_same_and_different_records_and_each_is_there_once(
        self, log_store: LogStore, job: str
    ) -> None:
        def write(thread: int) -> None:
            for start in range(0, 50, 10):
                log_store.write(LogBatch(tuple(run(job, n) for n in range(start, start + 15))))
                log_store.write(LogBatch((run(f"{job}.{thread}", start),)))

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(write, thread) for thread in range(4)]:
                done.result()
        assert [r.start_time - T for r in page(log_store, job)] == list(reversed(range(55)))
        assert [len(page(log_store, f"{job}.{thread}")) for thread in range(4)] == [5] * 4

    def test_a_store_elsewhere_tells_its_clock(self, log_store: LogStore) -> None:
        before = time.time_ns() // 1_000_000
        told = log_store.clock()
        # A server on this machine has this machine's clock, and may tell it in whole seconds.
        assert told is None or before - 1000 <= told <= time.time_ns() // 1_000_000 + 1

    def test_ping_returns_when_the_store_answers(self, log_store: LogStore) -> None:
        log_store.ping()
        log_store.ping()

    def test_after_close_every_call_is_refused(self, log_store: LogStore, job: str) -> None:
        log_store.close()
        log_store.close()
        calls = (
            lambda: log_store.write(LogBatch((run(job, 0),))),
            lambda: page(log_store, job),
            lambda: log_store.latest([job]),
            lambda: log_store.planned(job, T, T, 1),
            lambda: log_store.gaps(job, T, 1),
            lambda: log_store.search(Search(), None, 1),
            lambda: log_store.counts(Search(), 1),
            lambda: log_store.older(Search(), 1),
            lambda: log_store.remove([Position(T, job)]),
            lambda: log_store.names("", 1),
            log_store.size_bytes,
            log_store.clock,
            log_store.ping,
        )
        for call in calls:
            with pytest.raises(LogStoreRefused):
                call()
