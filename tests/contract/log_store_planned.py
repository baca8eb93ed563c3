"""Contract of a LogStore: the records of a job by their plan time, and those of its gaps."""

from common.log_store import LogBatch, LogStore
from common.record import MISSED, JobLog
from tests.contract.log_store_room import LogRoom, T, run


def gap(job: str, first: int, last: int, **fields: object) -> JobLog:
    """The record of a gap from T + `first` to T + `last` ms."""
    run_id = f"{job}@{T + first}~{T + last}"
    told = {"gap_from": T + first, "gap_to": T + last, "gap_count": 3, "outcome": MISSED}
    return run(job, last, run_id=run_id, plan_time=T + last, **told | fields)


class PlannedContract(LogRoom):
    """What was due when is found, whenever it was started."""

    def test_records_are_found_by_their_plan_time_oldest_first_without_output(
        self, log_store: LogStore, job: str
    ) -> None:
        said = {"output": "much", "line_times": "1*1"}
        late = [run(job, n, start_time=T + 9000 - n, **said) for n in (4, 2, 5, 1, 3)]
        log_store.write(LogBatch((*late, run(f"{job}.other", 3))))
        found = log_store.planned(job, T + 2, T + 4, 10)
        assert [record.plan_time - T for record in found] == [2, 3, 4]
        assert {(record.output, record.line_times) for record in found} == {("", "")}
        assert [record.start_time - T for record in found] == [8998, 8997, 8996]

    def test_records_of_one_instant_are_found_by_run_id(
        self, log_store: LogStore, job: str
    ) -> None:
        same = tuple(run(job, 0, run_id=f"{job}@{n}") for n in ("b", "c", "a"))
        log_store.write(LogBatch(same))
        found = log_store.planned(job, T, T, 2)
        assert [record.run_id.rpartition("@")[2] for record in found] == ["a", "b"]

    def test_odd_windows_of_plan_times_are_empty_and_no_error(
        self, log_store: LogStore, job: str
    ) -> None:
        log_store.write(LogBatch((run(job, 0),)))
        assert log_store.planned(job, T + 1, T - 1, 5) == []
        assert log_store.planned(job, -(2**70), 2**70, 5) == [run(job, 0)]
        assert log_store.planned(job, T, T, 0) == log_store.planned(job, T, T, -1) == []
        assert log_store.planned(f"{job}.none", T, T, 5) == []

    def test_gaps_are_found_by_their_end_and_are_nothing_but_gaps(
        self, log_store: LogStore, job: str
    ) -> None:
        first, second = gap(job, 10, 20), gap(job, 30, 40, reason='quoted "to": 3')
        quoting = run(job, 35, reason='no gap "to": it')
        log_store.write(LogBatch((second, quoting, first, gap(f"{job}.other", 0, 90))))
        assert log_store.gaps(job, T, 9) == [first, second]
        assert log_store.gaps(job, T + 20, 1) == [first]
        assert log_store.gaps(job, T + 21, 9) == [second]
        assert log_store.gaps(job, T + 41, 9) == []
        assert log_store.gaps(job, 2**70, 9) == log_store.gaps(job, -(2**70), 0) == []
