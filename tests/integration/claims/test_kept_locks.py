"""Beside Go workers a lock outlasts its run for a while, and stands in no way of our own claims."""

from dataclasses import replace

import pytest

from common import keys, lock
from common.constants import JOB_WORKER_DIR
from common.record import SKIPPED_OVERLAP, SUCCESS, UNKNOWN
from common.store import Entry, Put, Snapshot, delete, put
from common.watermark import pack_watermark
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Recorded, Take
from worker.claim import Claim, lock_value
from worker.events import Skipped, Won
from worker.finish import finish
from worker.waits import Waits

GO = Entry(keys.worker("10.9.9.9"), b"", revision=5, created=5, lease=1)


@pytest.fixture(autouse=True)
def beside_go(worker: Worker) -> None:
    """A Go worker is registered."""
    worker.mixed.hear(Snapshot(JOB_WORKER_DIR, 5, (GO,)))


def run_once(worker: Worker, claim: Claim) -> None:
    """Claim an instant, and end its run."""
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.do(worker.finish(claim, won.fence))


def there(worker: Worker) -> Entry | None:
    """The lock."""
    return worker.store.get(keys.lock(NAME))


def ahead(worker: Worker) -> Claim:
    """The claim of the instant at which the clock stands, when the next is far off."""
    return worker.claim(following=T0 + 3_600_000)


def test_a_lock_outlasts_its_run_until_no_go_worker_wants_it(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = ahead(worker)
    run_once(worker, claim)
    kept = there(worker)
    assert kept
    assert (kept.value, kept.lease) == (lock.kept(claim.run_id, claim.incarnation), claim.lease)
    clock.turn(1.1)
    worker.do(Recorded(()))
    assert there(worker) == kept
    clock.turn(0.1)
    worker.do(Recorded(()))
    assert there(worker) is None


def test_a_run_that_took_longer_lets_go_of_its_lock_at_once(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = ahead(worker)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    clock.turn(1.2)
    worker.do(worker.finish(claim, won.fence))
    assert there(worker) is None


def test_a_run_that_lasted_beyond_another_instant_keeps_its_lock_for_that_one_too(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim(following=T0 + 2000)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    clock.turn(2)
    worker.do(worker.finish(claim, won.fence))
    assert there(worker)
    clock.turn(1.2)
    worker.do(Recorded(()))
    assert there(worker) is None


def test_a_lock_that_is_kept_is_taken_over_by_the_next_claim_and_stays_that_one_s(
    worker: Worker, clock: TurnedClock
) -> None:
    run_once(worker, ahead(worker))
    other = make_worker(worker.store, clock)
    claim = other.claim(fired=T0 + 1000, plan_time=T0 + 1001)
    (won,) = other.do(Take(claim))
    assert isinstance(won, Won)
    clock.turn(2)
    worker.do(Recorded(()))
    held = there(worker)
    assert held
    assert (held.value, held.lease) == (lock_value(claim), claim.lease)


def test_an_instant_gives_way_to_a_run_that_waits_for_a_lock_that_is_only_kept(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim(overlap="queue")
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    clock.turn(1)
    second = worker.claim(fired=T0 + 1000, plan_time=T0 + 2000, overlap="queue")
    (waits,) = worker.do(Take(second))
    assert isinstance(waits, Waits)
    worker.do(worker.finish(claim, won.fence))
    kept = there(worker)
    clock.turn(1)
    third = worker.claim(fired=T0 + 2000, plan_time=T0 + 3000, overlap="queue")
    (skipped,) = worker.do(Take(third))
    assert isinstance(skipped, Skipped)
    assert worker.run(third) == skipped.owed
    assert skipped.owed.outcome == SKIPPED_OVERLAP
    assert there(worker) == kept


def test_a_missed_instant_and_one_that_may_overlap_mind_no_lock_that_is_kept(
    worker: Worker,
) -> None:
    run_once(worker, ahead(worker))
    kept = there(worker)
    (skipped,) = worker.do(Take(worker.claim(fired=T0 + 1000, plan_time=T0 + 1001), "too late"))
    assert isinstance(skipped, Skipped)
    (won,) = worker.do(Take(worker.claim(fired=T0 + 1001, plan_time=T0 + 1002, locks=False)))
    assert isinstance(won, Won)
    assert there(worker) == kept


@pytest.mark.parametrize("outcome", [SUCCESS, UNKNOWN])
def test_a_lock_that_a_late_end_of_a_former_life_kept_goes_when_the_run_is_ended_again(
    worker: Worker, clock: TurnedClock, outcome: str
) -> None:
    claim = ahead(worker)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    end = worker.finish(claim, won.fence)
    mark = Put(keys.lock(NAME), lock.kept(claim.run_id, claim.incarnation), claim.lease)
    clock.turn(2)
    assert worker.store.commit(finish(end.finish, unlock=True, mark=mark)).won
    assert there(worker)
    again = replace(end.finish, owed=replace(end.finish.owed, outcome=outcome))
    worker.do(replace(end, finish=again))
    assert there(worker) is None


def test_at_a_stop_the_locks_that_are_kept_go(worker: Worker) -> None:
    run_once(worker, ahead(worker))
    assert there(worker)
    worker.claimer.wake()
    worker.claimer.close()
    assert there(worker) is None


def test_without_go_workers_a_lock_goes_with_its_run(worker: Worker) -> None:
    worker.mixed.hear(Snapshot(JOB_WORKER_DIR, 6, ()))
    run_once(worker, ahead(worker))
    assert there(worker) is None


def test_a_lock_whose_lease_ended_is_not_put_again(worker: Worker) -> None:
    claim = ahead(worker)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    delete(worker.store, keys.alive(claim.incarnation))
    worker.do(worker.finish(claim, won.fence))
    held = there(worker)
    assert held
    assert held.value == lock_value(claim)


def test_a_lock_of_another_is_never_marked(worker: Worker) -> None:
    claim = ahead(worker)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    put(worker.store, keys.lock(NAME), b"", worker.store.grant(30))
    worker.do(worker.finish(claim, won.fence))
    held = there(worker)
    assert held
    assert held.value == b""


def test_the_lock_of_a_share_which_no_go_worker_looks_for_goes_with_its_run(worker: Worker) -> None:
    put(worker.store, keys.fired(f"{NAME}#0"), pack_watermark(T0))
    claim = worker.claim(share="0")
    run_once(worker, claim)
    assert worker.store.get(keys.lock(claim.unit)) is None
