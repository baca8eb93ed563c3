"""Contract of a LogStore: what becomes of a run id of which several write."""

import functools
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from common.log_store import LogBatch, LogStore, merged
from common.record import FAILED, LOST, MISSED, SUCCESS, JobLog
from tests.contract.log_store_room import LogRoom, T, page, run

LARGE = "ü" * 2**20


def word(job: str) -> JobLog:
    """What the run's own worker says, all of it."""
    return run(
        job, 0, run_id=f"{job}@1", outcome=FAILED, worker="10.0.0.1", exit_code=3, err="exit 3",
        output="said\n", output_bytes=5, cpu_seconds=0.5, start_time=T + 7, end_time=T + 90,
    )  # fmt: skip


def from_key(job: str) -> JobLog:
    """What another worker says when it took the run for lost."""
    return run(
        job, 0, run_id=f"{job}@1", outcome=LOST, err="the worker was lost", reason="gone",
        trigger="catch-up", signal=9, gap_count=2, lost=True,
    )  # fmt: skip


def mark(job: str) -> JobLog:
    """What the run's own worker has written again, from its key, when it found the lease gone."""
    return replace(word(job), worker="", output="", output_bytes=None, cpu_seconds=None, lost=True)


def writers(job: str) -> list[JobLog]:
    """What each of three may write of one run."""
    return [word(job), from_key(job), mark(job)]


class MergingContract(LogRoom):
    """The record says the best that is known, and keeps its mark."""

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
    def test_in_every_order_the_run_s_own_word_stays_and_the_mark_with_it(
        self, log_store: LogStore, job: str, order: tuple[int, ...]
    ) -> None:
        written = [writers(job)[n] for n in order]
        for record in written:
            log_store.write(LogBatch((record,)))
        whole = replace(word(job), lost=True)
        assert page(log_store, job) == [whole]
        log_store.write(LogBatch((*written, *reversed(written))))
        assert page(log_store, job) == [whole]

    @pytest.mark.parametrize("order", list(itertools.permutations(range(3), 2)), ids=str)
    def test_of_two_the_record_is_what_they_merge_to(
        self, log_store: LogStore, job: str, order: tuple[int, ...]
    ) -> None:
        written = [writers(job)[n] for n in order]
        for record in written:
            log_store.write(LogBatch((record,)))
        assert page(log_store, job) == [functools.reduce(merged, written)]

    def test_a_batch_may_hold_all_that_is_said_of_a_run_beside_other_records(
        self, log_store: LogStore, job: str
    ) -> None:
        others = [run(job, n, worker="w") for n in range(-1, -20, -1)]
        log_store.write(LogBatch((from_key(job), *others, word(job), mark(job))))
        assert page(log_store, job) == [replace(word(job), lost=True), *others]

    def test_a_word_without_a_mark_takes_none_and_clears_none(
        self, log_store: LogStore, job: str
    ) -> None:
        unmarked = replace(from_key(job), lost=False)
        log_store.write(LogBatch((unmarked,)))
        log_store.write(LogBatch((word(job),)))
        assert page(log_store, job) == [word(job)]
        log_store.write(LogBatch((replace(word(job), lost=True),)))
        log_store.write(LogBatch((word(job), unmarked)))
        assert page(log_store, job) == [replace(word(job), lost=True)]

    def test_of_two_words_the_first_stays(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch((word(job),)))
        again = replace(word(job), outcome=SUCCESS, worker="10.0.0.2", output="else")
        log_store.write(LogBatch((again,)))
        assert page(log_store, job) == [word(job)]

    def test_a_worker_s_own_word_that_a_run_is_lost_is_the_last_of_it(
        self, log_store: LogStore, job: str
    ) -> None:
        own = replace(word(job), outcome=LOST, exit_code=None, output="")
        log_store.write(LogBatch((from_key(job),)))
        log_store.write(LogBatch((own,)))
        assert page(log_store, job) == [replace(own, lost=True)]

    def test_an_instant_that_was_not_run_is_recorded_once_by_whom_it_may(
        self, log_store: LogStore, job: str
    ) -> None:
        missed = run(job, 0, outcome=MISSED, reason="nobody was there")
        log_store.write(LogBatch((missed,)))
        log_store.write(LogBatch((replace(missed, worker="w"), missed)))
        assert page(log_store, job) == [replace(missed, worker="w")]

    def test_a_large_output_comes_in_the_place_of_none(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch((from_key(job), mark(job))))
        large = replace(word(job), output=LARGE)
        log_store.write(LogBatch((large,)))
        assert page(log_store, job) == [replace(large, lost=True)]

    def test_many_that_write_of_the_same_runs_at_once_leave_the_same_records(
        self, log_store: LogStore, job: str
    ) -> None:
        runs = [f"{job}@{n}" for n in range(40)]
        said = [[replace(each, run_id=run_id) for run_id in runs] for each in [*writers(job)] * 2]

        def write(records: list[JobLog]) -> None:
            for start in range(0, len(records), 10):
                log_store.write(LogBatch(tuple(records[start : start + 10])))

        with ThreadPoolExecutor(len(said)) as pool:
            for done in [pool.submit(write, records) for records in said]:
                done.result()
        assert {record.run_id: record for record in page(log_store, job)} == {
            run_id: replace(word(job), run_id=run_id, lost=True) for run_id in runs
        }

    def test_the_latest_record_of_a_job_shows_its_mark(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch((word(job), from_key(job))))
        assert log_store.latest([job])[job].lost
