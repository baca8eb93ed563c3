"""Ends that leave a further attempt, over real stores: it waits at whoever wrote them."""

from dataclasses import replace

import pytest

from common.owed import WAITING, Owed
from common.record import LOST
from tests.integration.claiming import NAME, Worker
from tests.integration.claims.queueing import running, turn
from worker.asks import End, Recorded, Settle
from worker.claim import Claim
from worker.retrying import Retry
from worker.waits import Turned, Waits


def retried(worker: Worker, claim: Claim, fence: int) -> tuple[End, Retry]:
    """The end of a run that is tried again."""
    end = worker.finish(claim, fence)
    owed = replace(claim.owed(), state=WAITING, attempt=1, delay_ms=500)
    retry = Retry(NAME, f"{claim.run_id}+1", owed)
    return replace(end, finish=replace(end.finish, retry=retry)), retry


@pytest.mark.parametrize("recorded", [True, False])
def test_the_end_of_a_run_that_is_tried_again_leaves_the_retry(
    worker: Worker, recorded: bool
) -> None:
    claim, fence = running(worker)
    end, retry = retried(worker, claim, fence)
    if recorded:
        worker.do(Recorded((claim.run_key,)))
    heard = worker.do(end)
    (waits,) = [event for event in heard if isinstance(event, Waits)]
    assert (waits.claim.run_id, waits.claim.attempt) == (retry.run_id, 1)
    assert (waits.owed, waits.settled) == (retry.owed, False)
    assert worker.run(waits.claim) == retry.owed
    again = worker.do(end)
    assert [event for event in again if isinstance(event, Waits)] == [waits]


def test_a_run_that_failed_after_its_lease_did_is_tried_again_by_another(
    worker: Worker, other: Worker
) -> None:
    claim, fence = running(worker)
    end, retry = retried(worker, claim, fence)
    worker.store.revoke(claim.lease)
    worker.do(end)
    heard = [event for _ in range(2) for event in other.sweep()]
    (waits,) = [event for event in heard if isinstance(event, Waits)]
    assert waits.claim.run_id == retry.run_id
    assert isinstance(turn(other, waits), Turned)


def test_a_lost_run_that_is_to_be_run_again_waits_at_who_took_it_over(
    worker: Worker, other: Worker
) -> None:
    claim, _ = running(worker, rerun_ms=10_000)
    worker.presence.close()
    heard = other.do(Settle(claim.incarnation), Recorded(()))
    (waits,) = [event for event in heard if isinstance(event, Waits)]
    assert (waits.claim.run_id, waits.claim.trigger) == (f"{claim.run_id}+1", "retry")
    assert (waits.owed.delay_ms, waits.owed.rerun_ms) == (10_000, None)
    lost: Owed | None = other.run(claim)
    assert lost
    assert lost.outcome == LOST
    assert isinstance(turn(other, waits), Turned)
