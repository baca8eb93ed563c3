"""Instants that come while their job still runs, over real stores: which waits, which gives way."""

from dataclasses import replace

from common import keys
from common.owed import WAITING, pack
from common.record import SKIPPED_OVERLAP
from common.store import put
from tests.integration.claiming import NAME, T0, Worker
from tests.integration.claims.queueing import queued, running, turn, waiting
from worker.asks import Take
from worker.events import LockHeld, Skipped, Won
from worker.waits import Turned


def test_a_queued_instant_waits_and_says_for_what(worker: Worker) -> None:
    first, _ = running(worker)
    waits = waiting(worker)
    owed = worker.run(waits.claim)
    assert owed
    assert (owed.state, owed.reason) == (WAITING, f"{first.run_id} is still running")
    assert waits.settled
    assert waits.owed == owed
    assert worker.fired() == T0 + 2000


def test_only_one_instant_waits_and_the_next_is_skipped(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    (skipped,) = worker.do(Take(queued(worker, 2)))
    assert isinstance(skipped, Skipped)
    assert skipped.owed.outcome == SKIPPED_OVERLAP
    assert skipped.owed.reason.endswith(f"and {waits.claim.run_id} waited already")


def test_an_instant_gives_way_to_a_run_that_waits_for_the_lock_that_is_free_by_now(
    worker: Worker,
) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(claim, fence))
    early = replace(queued(worker, 2), plan_time=T0 + 9000)
    assert worker.do(Take(early)) == [LockHeld(early)]
    (skipped,) = worker.do(Take(queued(worker, 2)))
    assert isinstance(skipped, Skipped)
    reason = f"{waits.claim.run_id} was still waiting for its turn"
    assert (skipped.owed.outcome, skipped.owed.reason) == (SKIPPED_OVERLAP, reason)
    assert isinstance(turn(worker, waits), Turned)


def test_what_another_worker_s_run_waits_for_is_given_way_to_as_well(
    worker: Worker, other: Worker
) -> None:
    claim, fence = running(worker)
    waiting(worker)
    worker.do(worker.finish(claim, fence))
    wanted = replace(queued(worker, 2), incarnation=other.claim().incarnation)
    (skipped,) = other.do(Take(wanted))
    assert isinstance(skipped, Skipped)


def test_after_an_instant_of_ours_that_ran_it_is_not_looked_for_who_waits(worker: Worker) -> None:
    claim, fence = running(worker, overlap="queue")
    worker.do(worker.finish(claim, fence))
    reads: list[str] = []

    class Reading:
        def snapshot(self, prefix: str) -> None:
            reads.append(prefix)

    worker.claimer._taker._contention.precedence._store = Reading()  # type: ignore[assignment]
    (won,) = worker.do(Take(queued(worker)))
    assert isinstance(won, Won)
    assert reads == []


def test_a_retry_that_waits_keeps_no_instant_from_waiting(worker: Worker) -> None:
    claim, _ = running(worker)
    again = replace(claim.owed(), state=WAITING, attempt=1)
    put(worker.store, keys.run(NAME, f"{claim.run_id}+1"), pack(again))
    assert waiting(worker).owed.state == WAITING
