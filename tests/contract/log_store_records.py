"""Contract of a LogStore: single records of all kinds, and those that come twice."""

import pytest

from common import record as outcomes
from common.errors import LogStoreRefused
from common.log_store import LogBatch, LogStore
from tests.contract.log_store_room import LogRoom, T, page, run

ODD_NAMES = [
    "备份数据库",
    "with some spaces ",
    "a/b//c/",
    "line\nbreak\tand\x01control",
    "$where.$gt",
    "percent%20_and_'quotes\"; --",
    "Ünïcödé 🕰",
    "zero\x00inside",
    "",
]
NO_TEXT = "bytes that are no text \udcff\udc80\ud800"
OUTCOMES = [
    outcomes.SUCCESS,
    outcomes.FAILED,
    outcomes.TIMEOUT,
    outcomes.OOM,
    outcomes.KILLED,
    outcomes.COULD_NOT_START,
    outcomes.NOT_STARTED,
    outcomes.LOST,
    outcomes.UNKNOWN,
    outcomes.SKIPPED_OVERLAP,
    outcomes.RAN_ELSEWHERE,
    outcomes.MISSED,
]


class RecordContract(LogRoom):
    """Records come back as they were written, whatever they hold."""

    def test_one_record_is_found_by_its_run_id(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch((run(job, 0, output="first"), run(job, 1, output="second"))))
        assert log_store.one(f"{job}@{T + 1}") == run(job, 1, output="second")
        assert log_store.one(f"{job}@{T + 2}") is None

    @pytest.mark.parametrize("odd", [*ODD_NAMES, NO_TEXT])
    def test_a_run_id_is_what_it_is(self, log_store: LogStore, job: str, odd: str) -> None:
        assert log_store.one(odd + job) is None
        log_store.write(LogBatch((run(job, 0, run_id=odd + job),)))
        found = log_store.one(odd + job)
        assert found is not None
        assert found.job_name == job

    def test_a_record_is_read_back_as_it_was_written(self, log_store: LogStore, job: str) -> None:
        full = run(
            job,
            0,
            command="exit 3",
            err="exit status 3",
            output="备份 🕰\r\n\ttab \x00 zero\n",
            outcome=outcomes.FAILED,
            worker="10.0.0.1:two",
            attempt=2,
            trigger="schedule",
            exit_code=3,
            signal=15,
            job_revision=2**40,
            output_bytes=2**40,
            truncated=True,
            invalid_bytes=7,
            cpu_seconds=0.125,
            peak_memory_bytes=5 << 30,
            read_bytes=0,
            written_bytes=4096,
            reason="because",
            gap_from=T - 5,
            gap_to=T - 1,
            gap_count=4,
            lost=True,
            line_times="0*3,120*1",
        )
        bare = run(job, -1)
        log_store.write(LogBatch((full, bare)))
        assert page(log_store, job) == [full, bare]

    @pytest.mark.parametrize("outcome", OUTCOMES)
    def test_every_outcome_is_kept(self, log_store: LogStore, job: str, outcome: str) -> None:
        written = run(job, 0, outcome=outcome, exit_code=0)
        log_store.write(LogBatch((written,)))
        assert page(log_store, job) == [written]

    def test_a_run_id_that_is_written_again_replaces_nothing(
        self, log_store: LogStore, job: str
    ) -> None:
        first = run(job, 0, output="first")
        log_store.write(LogBatch((first,)))
        again = run(job, 5, run_id=first.run_id, output="again")
        log_store.write(LogBatch((again, run(job, 1), first, run(job, 1))))
        assert page(log_store, job) == [run(job, 1), first]

    def test_records_without_a_run_id_are_all_kept_and_get_one(
        self, log_store: LogStore, job: str
    ) -> None:
        log_store.write(LogBatch((run(job, 0, run_id=""), run(job, 0, run_id=""))))
        ids = {record.run_id for record in page(log_store, job)}
        assert len(ids) == 2
        assert "" not in ids

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_a_job_of_any_name_has_records_of_its_own(
        self, log_store: LogStore, job: str, name: str
    ) -> None:
        written = run(name, 0, run_id=f"{job}@{name}")
        log_store.write(LogBatch((written, run(job, 0))))
        assert written in page(log_store, name)
        assert page(log_store, job) == [run(job, 0)]
        assert log_store.latest([name])[name].job_name == name

    def test_text_that_is_no_unicode_is_kept_readable(self, log_store: LogStore, job: str) -> None:
        odd = f"{job} {NO_TEXT}"
        log_store.write(LogBatch((run(odd, 0, output=NO_TEXT, err=NO_TEXT),)))
        (read,) = page(log_store, odd)
        assert read.output == read.err == r"bytes that are no text \udcff\udc80\ud800"
        assert page(log_store, read.job_name) == [read]
        assert list(log_store.latest([odd])) == [odd]

    def test_a_large_output_is_kept_whole(self, log_store: LogStore, job: str) -> None:
        large = run(job, 0, output="0123456789abcdef" * 2**16)
        log_store.write(LogBatch((large,)))
        assert page(log_store, job) == [large]

    def test_numbers_of_64_bits_are_kept_and_larger_ones_refused_alone_by_run_id(
        self, log_store: LogStore, job: str
    ) -> None:
        largest = run(job, 0, start_time=2**63 - 1, end_time=-(2**63))
        too_large = run(job, 1, output_bytes=2**63)
        with pytest.raises(LogStoreRefused, match=f"{too_large.run_id}: outputBytes"):
            log_store.write(LogBatch((largest, too_large, run(job, 2))))
        assert page(log_store, job) == [largest, run(job, 2)]
