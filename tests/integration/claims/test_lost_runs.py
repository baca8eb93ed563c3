"""Runs that outlive their worker's lease: who writes what, and what the record says at the end."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from common import keys
from common.log_store import JobLogFilter, LogBatch, LogStore
from common.owed import ENDED, Owed
from common.owed_record import own_record
from common.record import LOST, SUCCESS, JobLog
from tests.integration.claiming import NAME, Worker
from tests.integration.claims.forgetful import Forgetful
from worker.asks import Recorded, Take
from worker.claim import Claim
from worker.events import Won
from worker.filing import Filing


def run_that_lost_its_lease(worker: Worker) -> tuple[Claim, int]:
    """A claim that was won, and whose incarnation is over; its fence."""
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.store.revoke(claim.lease)
    return claim, won.fence


def said_by(worker: Worker, claim: Claim) -> Filing:
    """What the run's own worker files at its end."""
    owed = replace(claim.owed(), state=ENDED, outcome=SUCCESS)
    said = replace(own_record(NAME, claim.run_id, owed), worker="10.0.0.9", output="said\n")
    return Filing((said,), claim.run_key)


def write(worker: Worker, logs: LogStore) -> int:
    """Write all that the worker filed, and tell it so; how many filings."""
    filed = list(worker.filed)
    worker.filed.clear()
    for filing in filed:
        logs.write(LogBatch(filing.records))
        worker.do(Recorded((filing.run_key,)))
    return len(filed)


def records(logs: LogStore) -> list[JobLog]:
    """The job's records."""
    return logs.read(JobLogFilter(NAME), 0, 100)


def test_a_run_that_outlived_its_lease_says_so_in_its_key_and_in_its_record(
    worker: Worker, logs: LogStore
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    worker.filed.append(said_by(worker, claim))
    worker.do(worker.finish(claim, fence))
    run = worker.run(claim)
    assert run
    assert (run.state, run.outcome, run.lost) == (ENDED, SUCCESS, True)
    assert write(worker, logs) == 2
    (record,) = records(logs)
    assert (record.outcome, record.output, record.lost) == (SUCCESS, "said\n", True)
    assert worker.run(claim) is None


@pytest.mark.parametrize("before", [True, False], ids=["before the end", "after the end"])
def test_the_key_of_such_a_run_stays_until_its_mark_is_stored(worker: Worker, before: bool) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    recorded, end = Recorded((claim.run_key,)), worker.finish(claim, fence)
    for ask in (recorded, end) if before else (end, recorded):
        worker.do(ask)
        assert worker.run(claim)
    worker.do(recorded)
    assert worker.run(claim) is None
    assert len(worker.claimer._left) == 0


@pytest.mark.parametrize("losing", [1, 2, 3])
@pytest.mark.parametrize("applied", [True, False])
def test_such_an_end_whose_answer_is_lost_is_written_and_marked_once(
    worker: Worker, logs: LogStore, losing: int, applied: bool
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    store = Forgetful(worker.store, losing, applied)
    worker.claimer._ends._store = store  # type: ignore[assignment]
    worker.filed.append(said_by(worker, claim))
    worker.do(worker.finish(claim, fence))
    assert store.losing == 0
    assert write(worker, logs) == 2
    assert [record.lost for record in records(logs)] == [True]
    assert worker.run(claim) is None


def test_a_lost_run_whose_worker_comes_back_is_recorded_as_it_ended_and_keeps_its_mark(
    worker: Worker, other: Worker, logs: LogStore
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    other.sweep()
    assert write(other, logs) == 1
    (record,) = records(logs)
    assert (record.outcome, record.worker, record.lost) == (LOST, "", True)
    worker.filed.append(said_by(worker, claim))
    worker.do(worker.finish(claim, fence))
    write(worker, logs)
    (record,) = records(logs)
    assert (record.outcome, record.output, record.lost) == (SUCCESS, "said\n", True)
    assert worker.store.get(claim.run_key) is None
    assert len(worker.claimer._left) == 0
    assert len(other.claimer._left) == 0


Step = Callable[[Worker, Worker, Claim, int, LogStore], object]
STEPS: dict[str, Step] = {
    "end": lambda worker, _, claim, fence, logs: worker.do(worker.finish(claim, fence)),
    "record": lambda worker, other, claim, fence, logs: write(worker, logs),
    "sweep": lambda worker, other, claim, fence, logs: other.sweep(),
    "other records": lambda worker, other, claim, fence, logs: write(other, logs),
}


@pytest.mark.parametrize("order", list(itertools.permutations(STEPS)), ids=", ".join)
def test_whoever_is_first_one_record_says_how_the_run_ended_and_is_marked(
    worker: Worker, other: Worker, logs: LogStore, order: tuple[str, ...]
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    worker.filed.append(said_by(worker, claim))
    for step in (*order, "sweep", "record", "other records"):
        STEPS[step](worker, other, claim, fence, logs)
    (record,) = records(logs)
    assert (record.outcome, record.output, record.lost) == (SUCCESS, "said\n", True)
    assert worker.store.get(claim.run_key) is None
    assert worker.store.get(keys.lock(NAME)) is None


def test_nothing_is_kept_of_a_run_that_another_worker_settled(
    worker: Worker, other: Worker
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    other.sweep()
    worker.do(worker.finish(claim, fence), Recorded((claim.run_key,)))
    assert len(worker.claimer._left) == 0


def test_a_key_that_says_it_is_marked_is_recorded_so_by_whoever_takes_it(
    worker: Worker, other: Worker, logs: LogStore
) -> None:
    claim, fence = run_that_lost_its_lease(worker)
    worker.do(worker.finish(claim, fence))
    other.sweep()
    taken: Owed | None = other.run(claim)
    assert taken
    assert (taken.outcome, taken.lost) == (SUCCESS, True)
    write(other, logs)
    assert [(record.outcome, record.lost) for record in records(logs)] == [(SUCCESS, True)]
