"""Contract of a LogStore: what housekeeping asks and removes."""

from common.audit import AuditEntry
from common.log_store import LogBatch, LogStore
from common.record import FAILED, SUCCESS
from common.search import Position, Search
from tests.contract.log_store_room import LogRoom, T, page, run


def place(start_ms: int, run_id: str) -> Position:
    """Where a record of ours is."""
    return Position(start_ms, run_id)


def large_entry(at: int) -> AuditEntry:
    """An entry of the audit about a job of 100 kB."""
    return AuditEntry(at, "changed", identity=f"{at:013d}-00000000", after="x" * 100_000)


class KeepingContract(LogRoom):
    """What is old is found and removed, and nothing else."""

    def test_what_is_older_is_found_and_removed(self, log_store: LogStore, job: str) -> None:
        runs = [run(job, n, outcome=(SUCCESS, FAILED)[n % 2]) for n in range(10)]
        log_store.write(LogBatch(tuple(runs)))
        old = Search(outcomes=(SUCCESS,), until_ms=T + 6)
        found = log_store.older(old, 50)
        assert {each.start_ms - T for each in found} == {0, 2, 4}
        assert log_store.remove(found) == 3
        assert log_store.remove(found) == 0
        assert log_store.older(old, 50) == []
        assert [record.start_time - T for record in page(log_store, job)] == [9, 8, 7, 6, 5, 3, 1]

    def test_what_was_over_before_a_time_is_found_by_its_end(
        self, log_store: LogStore, job: str
    ) -> None:
        ends = {0: T + 1, 1: T + 5, 2: T + 6, 3: T + 90, 4: 0}
        records = [run(job, n, outcome=SUCCESS, end_time=end) for n, end in ends.items()]
        log_store.write(LogBatch(tuple(records)))
        for more in ({}, {"job": job}, {"outcomes": (SUCCESS,)}):
            wanted = Search(until_ms=T + 9, over_before_ms=T + 6, **more)
            assert {each.start_ms - T for each in log_store.older(wanted, 9)} == {0, 1, 4}
            assert [n for n in ends if wanted.matches(records[n])] == [0, 1, 4]

    def test_no_more_are_given_than_are_asked_for(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch(tuple(run(job, n) for n in range(5))))
        found = log_store.older(Search(job=job), 2)
        assert len(found) == 2
        assert set(found) < {place(T + n, f"{job}@{T + n}") for n in range(5)}
        assert log_store.older(Search(job=job), 0) == []

    def test_records_that_say_no_outcome_are_told_by_their_error(
        self, log_store: LogStore, job: str
    ) -> None:
        log_store.write(LogBatch((run(job, 0, err="exit status 1"), run(job, 1))))
        silent = {"job": job, "outcomes": ("",)}
        for with_err, at in ((True, 0), (False, 1)):
            wanted = Search(**silent, with_err=with_err)  # type: ignore[arg-type]
            assert [each.start_ms for each in log_store.older(wanted, 9)] == [T + at]

    def test_many_are_removed_at_once(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch(tuple(run(job, n) for n in range(1200))))
        places = [place(T + n, f"{job}@{T + n}") for n in range(1100)]
        assert log_store.remove(places) == 1100
        assert len(page(log_store, job, 0, 500)) == 100
        assert log_store.remove([]) == 0

    def test_the_names_of_jobs_come_in_order_and_in_parts(self, log_store: LogStore) -> None:
        names = ["a", "a.1", "b", "z", "ü"]
        for name in names:
            log_store.write(LogBatch(tuple(run(name, n) for n in range(3))))
        assert log_store.names("", 10) == names
        assert log_store.names("", 2) == names[:2]
        assert log_store.names("a.1", 2) == names[2:4]
        assert log_store.names("ü", 2) == log_store.names("", 0) == []

    def test_what_is_stored_has_a_size(self, log_store: LogStore, job: str) -> None:
        before = log_store.size_bytes()
        log_store.write(LogBatch(tuple(run(job, n, output="x" * 10_000) for n in range(100))))
        assert log_store.size_bytes() > before + 500_000

    def test_what_was_removed_has_none(self, log_store: LogStore, job: str) -> None:
        log_store.write(LogBatch(tuple(run(job, n, output="x" * 10_000) for n in range(100))))
        whole = log_store.size_bytes()
        log_store.remove([place(T + n, f"{job}@{T + n}") for n in range(100)])
        assert log_store.size_bytes() < whole - 900_000

    def test_the_audit_is_none_of_the_records(self, log_store: LogStore) -> None:
        before = log_store.size_bytes()
        for start in (0, 10):
            log_store.audit.write([large_entry(T + n) for n in range(start, start + 10)])
            assert log_store.size_bytes() < before + 100_000
        log_store.audit.remove(T + 15, 100)
        assert log_store.size_bytes() < before + 100_000
