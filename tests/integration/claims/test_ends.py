"""Ends over real stores: what they write and leave, and when a key goes."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from common import keys
from common.errors import StoreRefused
from common.owed import ENDED, pack
from common.record import LOST, SUCCESS
from common.store import Outcome, Transaction, put
from tests.integration.claiming import NAME, T0, Worker
from tests.integration.claims.forgetful import Forgetful
from tests.turned_clock import TurnedClock
from worker.asks import Asks, Nudge, Recorded, Take
from worker.events import Won
from worker.gathering import PART


def test_an_end_writes_the_outcome_and_lets_go_of_the_lock(worker: Worker) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.do(worker.finish(claim, won.fence))
    run = worker.run(claim)
    assert run
    assert (run.state, run.outcome) == (ENDED, SUCCESS)
    assert worker.store.get(keys.lock(NAME)) is None


def test_the_key_goes_when_the_log_store_has_the_record(worker: Worker) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.do(worker.finish(claim, won.fence), Recorded((claim.run_key,)))
    assert worker.run(claim) is None


def test_an_acknowledgement_that_comes_before_the_end_is_written_counts_too(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    with refusing(worker):
        worker.do(worker.finish(claim, won.fence), Recorded((claim.run_key,)))
    assert worker.run(claim) == claim.owed()
    clock.turn(3)
    worker.do(Recorded(()), Recorded(()))
    assert worker.run(claim) is None
    assert worker.store.get(keys.lock(NAME)) is None
    assert len(worker.claimer._left) == 0


def test_the_keys_of_more_ends_than_are_written_at_once_go_when_their_records_came_first(
    worker: Worker,
) -> None:
    claims = [replace(worker.claim(), plan_time=T0 + n, locks=False) for n in range(2 * PART + 1)]
    ends = []
    for claim in claims:
        fence = put(worker.store, claim.run_key, pack(claim.owed())).revision
        ends.append(replace(worker.finish(claim, fence), told=True))
    worker.claimer.inbox.put(Asks(tuple(ends)))
    told = tuple(claim.run_id for claim in claims)
    worker.claimer.inbox.put(Recorded(tuple(claim.run_key for claim in claims), told))
    for _ in range(3):
        worker.do(Nudge())
    assert [claim.run_id for claim in claims if worker.run(claim)] == []
    assert (len(worker.claimer._left), len(worker.claimer._acks)) == (0, 0)


def test_an_end_does_not_let_go_of_a_lock_that_is_another_run_s(worker: Worker) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    put(worker.store, keys.lock(NAME), b"other")
    worker.do(worker.finish(claim, won.fence))
    lock = worker.store.get(keys.lock(NAME))
    run = worker.run(claim)
    assert lock
    assert lock.value == b"other"
    assert run
    assert run.state == ENDED


def test_an_end_after_the_lease_did_is_written_all_the_same(worker: Worker) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.store.revoke(claim.lease)
    worker.do(worker.finish(claim, won.fence))
    run = worker.run(claim)
    assert run
    assert run.outcome == SUCCESS


def test_an_end_never_overwrites_what_another_worker_settled(worker: Worker) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    settled = pack(replace(claim.owed(), state=ENDED, outcome=LOST))
    put(worker.store, claim.run_key, settled)
    worker.do(worker.finish(claim, won.fence), Recorded((claim.run_key,)))
    run = worker.run(claim)
    assert run
    assert run.outcome == LOST


@contextlib.contextmanager
def refusing(worker: Worker) -> Iterator[None]:
    """The store of a worker says no to all that it writes."""

    class Refusing(Forgetful):
        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            raise StoreRefused("no space")

    store = worker.claimer._committer._store
    worker.claimer._committer._store = Refusing(store, 0, applied=False)  # type: ignore[assignment]
    yield
    worker.claimer._committer._store = store
