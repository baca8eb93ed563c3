"""The running table: what it orders, and that every run ends exactly once."""

from dataclasses import replace

import pytest

from common.job import Job
from common.owed import Gap, Owed, pack, unpack
from common.record import KILLED, LOST, MISSED, NOT_STARTED, SUCCESS
from common.store import Entry
from tests.unit.running import STANDING, Desk, T, ended
from worker.asks import End
from worker.claim import Claim
from worker.events import EndsWritten
from worker.orders import MAIN_GONE, ExecutorLost, Started


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


def test_an_order_says_all_that_the_executor_needs(desk: Desk) -> None:
    run_id = desk.start(fence=42, start_deadline_seconds=60, timeout_seconds=9)
    (order,) = desk.crew.orders
    assert (order.run_id, order.job.command, order.job.shell) == (run_id, "echo hi", "/bin/sh")
    assert (order.not_after, order.job.timeout_seconds) == (5000.0, 9)
    assert order.start_at == pytest.approx(1000.0 + 0.3)
    assert order.start_by == pytest.approx(1000.0 + 60.3)
    assert order.environment == {
        "FLEETCRON_JOB": "a",
        "FLEETCRON_RUN_ID": f"a@{T}",
        "FLEETCRON_PLAN_TIME": str(T),
        "FLEETCRON_ATTEMPT": "0",
        "FLEETCRON_FENCE": "42",
    }


def test_an_order_says_whose_lease_it_hangs_on_and_that_it_may_outlive_it(desk: Desk) -> None:
    desk.start()
    (order,) = desk.crew.orders
    assert (order.incarnation, order.cut_off_seconds) == ("me", None)


def test_an_end_is_asked_to_be_written_and_its_record_filed(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.started(Started(run_id, 99, T))
    desk.runs.ended(ended(run_id, output=b"hi\n"))
    (asked,) = desk.asked
    assert isinstance(asked, End)
    assert (asked.finish.revision, asked.unlock, asked.finish.owed.outcome) == (10, True, SUCCESS)
    ((record,),) = (filing.records for filing in desk.filed)
    assert (record.output, record.start_time, record.end_time) == ("hi\n", T, T + 5)
    assert (record.schedule_time, record.job_revision, record.worker) == (T - 300, 3, "10.0.0.1")
    assert desk.crew.released_ids == [run_id]
    assert len(desk.runs) == 0


def test_an_end_told_twice_counts_once(desk: Desk) -> None:
    run_id = desk.start()
    for _ in range(2):
        desk.runs.ended(ended(run_id))
    assert len(desk.filed) == len(desk.asked) == 1


def test_output_that_is_not_text_is_replaced_and_counted(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.ended(ended(run_id, output=b"a\xff\xfe\xe2\x82b\xe2\x82\xac"))
    ((record,),) = (filing.records for filing in desk.filed)
    assert record.output == "a\ufffd\ufffd\ufffdb€"
    assert record.invalid_bytes == 4


def test_the_runs_of_an_executor_that_died_are_lost(desk: Desk) -> None:
    lost, other = desk.start(), desk.start(plan=T + 1000)
    desk.runs.lost(ExecutorLost(0, (lost,)))
    assert desk.outcomes() == [(lost, LOST)]
    desk.runs.ended(ended(other))
    assert desk.outcomes()[1] == (other, SUCCESS)


@pytest.mark.parametrize("more", ["", "; not limited here, without a cgroup: limitCpus"])
def test_a_run_that_was_ended_since_the_main_process_was_gone_is_lost(
    desk: Desk, more: str
) -> None:
    run_id = desk.start()
    desk.runs.started(Started(run_id, 99, T))
    desk.runs.ended(replace(ended(run_id, KILLED), reason=MAIN_GONE + more))
    assert desk.outcomes() == [(run_id, LOST)]


def test_a_run_that_is_lost_with_its_executor_began_when_that_said_so(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.started(Started(run_id, 99, T + 7))
    desk.clock.turn(60)
    desk.runs.lost(ExecutorLost(0, (run_id,)))
    ((record,),) = (filing.records for filing in desk.filed)
    assert (record.outcome, record.start_time) == (LOST, T + 7)
    assert record.end_time > T + 59_000
    assert record.err == "lost: executor 0 died"
    assert record.reason == "executor 0 died; its output was lost with its executor"


def test_a_gap_before_a_run_is_recorded_with_it(desk: Desk) -> None:
    gap = Gap(T - 5000, T - 1000, 5, "away")
    claim = Claim("a", 3, "true", T - 9000, T, "me", 7, True, gap)
    desk.runs.start(claim, Job("a", "true", "* * * * *"), 10, STANDING)
    desk.runs.ended(ended(claim.run_id))
    missed, own = desk.filed[0].records
    assert (missed.outcome, missed.gap_from, missed.gap_to, missed.gap_count) == (
        MISSED,
        T - 5000,
        T - 1000,
        5,
    )
    assert own.outcome == SUCCESS


def test_a_claim_found_in_the_store_that_nobody_knows_is_settled_once(desk: Desk) -> None:
    owed = Owed("running", "me", T, 0, 3, command="true")
    entry = Entry(f"/cron/runs/a/a@{T}", b"", 55, 55)
    for _ in range(2):
        desk.runs.settle(entry, owed, "a", f"a@{T}")
    (asked,) = desk.asked
    assert isinstance(asked, End)
    assert asked.finish.revision == 55
    assert desk.outcomes() == [(f"a@{T}", NOT_STARTED)]


def test_a_claim_found_in_the_store_that_runs_is_left_alone(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.settle(Entry("k", b"", 5, 5), Owed("running", "me", T, 0, 3), "a", run_id)
    assert desk.filed == []


def test_the_value_left_under_a_key_gives_the_same_outcome_as_the_record(desk: Desk) -> None:
    run_id = desk.start()
    desk.runs.started(Started(run_id, 99, T))
    desk.runs.ended(replace(ended(run_id, KILLED), err="signal: killed", signal=9, exit_code=None))
    (asked,) = desk.asked
    assert isinstance(asked, End)
    owed = unpack(pack(asked.finish.owed))
    assert (owed.outcome, owed.err, owed.signal) == (KILLED, "signal: killed", 9)
    assert (owed.start_time, owed.end_time) == (T, T + 5)


def test_a_run_is_noted_before_it_is_handed_out_until_its_end_is_written(desk: Desk) -> None:
    seen: list[list[tuple[str, str]]] = []
    desk.crew.submit_many = lambda orders: seen.append(list(desk.notes.lines))  # type: ignore[method-assign]
    run_id = desk.start()
    assert seen == [[("given", run_id)]]
    desk.runs.started(Started(run_id, 99, T))
    desk.clock.turn(1)
    desk.runs.begun.note()
    desk.runs.ended(ended(run_id))
    assert desk.notes.lines == [("given", run_id), ("started", run_id)]
    desk.runs.ends_written(EndsWritten((run_id,)))
    assert desk.notes.lines[2:] == [("over", run_id)]


def test_a_claim_whose_answer_comes_after_it_was_settled_never_starts(desk: Desk) -> None:
    owed = Owed("running", "me", T, 0, 3, command="true")
    desk.runs.settle(Entry(f"/cron/runs/a/a@{T}", b"", 10, 10), owed, "a", f"a@{T}")
    desk.start(fence=10)
    assert desk.crew.orders == []
    assert desk.outcomes() == [(f"a@{T}", NOT_STARTED)]


def test_a_run_that_is_claimed_once_more_does_not_start_again_and_lets_go_of_the_job(
    desk: Desk,
) -> None:
    run_id = desk.start(fence=10)
    desk.runs.ended(ended(run_id))
    desk.start(fence=20)
    assert len(desk.crew.orders) == 1
    assert desk.outcomes() == [(run_id, SUCCESS), (run_id, NOT_STARTED)]
    asked = desk.asked[-1]
    assert isinstance(asked, End)
    assert asked.finish.revision == 20
