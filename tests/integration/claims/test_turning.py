"""Turns of waiting runs, over real stores: when one comes, what is said where it does not."""

from dataclasses import replace

from common import keys
from common.lock import kept
from common.owed import RUNNING, pack
from common.store import delete, put
from tests.integration.claiming import NAME, Worker
from tests.integration.claims.queueing import asked, running, turn, waiting
from worker.asks import Turn, Turns
from worker.waits import Turned, Unturned


def test_its_turn_is_when_the_lock_is_free(worker: Worker) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    assert turn(worker, waits) == Unturned(asked(worker, waits))
    worker.do(worker.finish(claim, fence))
    turned = turn(worker, waits)
    assert isinstance(turned, Turned)
    assert turned.fence > waits.created
    owed, lock = worker.run(waits.claim), worker.store.get(keys.lock(NAME))
    assert owed
    assert lock
    assert (owed.state, lock.value.split()[0].decode()) == (RUNNING, waits.claim.run_id)


def test_a_job_that_may_overlap_by_now_has_its_turn_at_once_and_takes_no_lock(
    worker: Worker,
) -> None:
    first, _ = running(worker)
    waits = waiting(worker)
    assert isinstance(turn(worker, waits, locks=False), Turned)
    lock = worker.store.get(keys.lock(NAME))
    assert lock
    assert lock.value.split()[0].decode() == first.run_id


def test_a_lock_that_hangs_on_no_lease_keeps_nothing_waiting(worker: Worker) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(claim, fence))
    put(worker.store, keys.lock(NAME), b"by hand")
    assert isinstance(turn(worker, waits), Turned)


def test_a_lock_that_is_only_kept_is_taken_over(worker: Worker) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(claim, fence))
    put(worker.store, keys.lock(NAME), kept(claim.run_id, claim.incarnation), claim.lease)
    assert isinstance(turn(worker, waits), Turned)


def test_a_turn_whose_answer_was_lost_is_known_when_it_is_tried_again(worker: Worker) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(claim, fence))
    turned = turn(worker, waits)
    assert turn(worker, waits) == turned


def test_a_run_that_another_worker_goes_on_with_is_ours_no_more(
    worker: Worker, other: Worker
) -> None:
    running(worker)
    waits = waiting(worker)
    put(worker.store, waits.claim.run_key, pack(replace(waits.owed, incarnation="else")))
    answer = turn(worker, waits)
    assert isinstance(answer, Unturned)
    assert answer.moved


def test_a_worker_whose_life_is_over_takes_no_turn(worker: Worker) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(claim, fence))
    claimed = asked(worker, waits)
    worker.store.revoke(claimed.lease)
    (answer,) = worker.do(Turns((Turn(claimed, waits.revision),)))
    assert answer == Unturned(claimed, moved=True)


def test_the_turn_of_a_job_that_is_gone_says_so(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    claimed = asked(worker, waits)
    delete(worker.store, keys.job(NAME))
    assert worker.do(Turns((Turn(claimed, waits.revision),))) == [Unturned(claimed, deleted=True)]
