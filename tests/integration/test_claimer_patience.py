"""What the claimer does when the store refuses one thing, or answers nothing at a stop."""

from collections.abc import Sequence

import pytest

from common import keys
from common.errors import StoreLost, StoreRefused
from common.job import Job, pack_job
from common.store import Outcome, Store, Transaction, put
from common.watermark import pack_watermark
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Adopt, Ask, Recorded, Take
from worker.events import Adopted, Dropped, Won
from worker.patience import LAST_TRIES


class Choosy:
    """A real store that refuses what touches some keys, or answers no commit at all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refused: set[str] = set()
        self.mute = False
        self.tries = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Refuse, stay silent, or do it."""
        return self.commit_many([transaction], timeout)[0]

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Refuse all for one, stay silent, or do them."""
        self.tries += 1
        if self.mute:
            raise StoreLost("no answer")
        if any(compare.key in self.refused for each in transactions for compare in each.compares):
            raise StoreRefused("not this one")
        return self._store.commit_many(transactions, timeout)


@pytest.fixture
def clock() -> TurnedClock:
    """A clock just after the instant that the tests claim."""
    return TurnedClock(wall_ms=T0 + 1001)


@pytest.fixture
def worker(any_store: Store, clock: TurnedClock) -> Worker:
    """A worker, and a job with a watermark at T0."""
    put(any_store, keys.job(NAME), pack_job(Job(NAME, "true", "* * * * * * *")))
    put(any_store, keys.fired(NAME), pack_watermark(T0))
    return make_worker(any_store, clock)


@pytest.fixture
def choosy(worker: Worker) -> Choosy:
    """The store as the worker's claimer has it."""
    made = Choosy(worker.store)
    worker.claimer._committer._store = made  # type: ignore[assignment]
    return made


def test_a_watermark_that_is_refused_keeps_no_other_job_from_its_own(
    worker: Worker, choosy: Choosy, clock: TurnedClock
) -> None:
    saved = {
        name: put(worker.store, keys.job(name), pack_job(Job(name, "true", "* * * * *"))).revision
        for name in ("a", "b", "c")
    }
    choosy.refused.add(keys.job("a"))
    for name, revision in saved.items():
        worker.claimer.inbox.put(Adopt(name, revision))
    worker.claimer.step()
    assert worker.heard[2:] == [Adopted({name: (saved[name], clock.now_ms)}) for name in ("b", "c")]
    choosy.refused.clear()
    clock.turn(3)
    (adopted,) = worker.do(Recorded(()), Recorded(()))
    assert isinstance(adopted, Adopted)
    assert set(adopted.watermarks) == {"a"}


def test_what_is_refused_waits_and_nothing_waits_for_it(worker: Worker, choosy: Choosy) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    choosy.refused.add(claim.run_key)
    worker.do(worker.finish(claim, won.fence))
    assert worker.claimer.inbox.empty()
    choosy.refused.clear()
    worker.claimer.wake()
    worker.claimer.close()
    assert worker.store.get(keys.lock(NAME)) is None


def test_at_a_stop_a_store_that_does_not_answer_is_asked_few_times(
    worker: Worker, choosy: Choosy
) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    choosy.mute, choosy.tries = True, 0
    asks: list[Ask] = [worker.finish(claim, won.fence) for _ in range(50)]
    for ask in (*asks, Take(claim)):
        worker.claimer.inbox.put(ask)
    worker.claimer.wake()
    worker.claimer.close()
    assert choosy.tries == LAST_TRIES
    assert worker.claimer._patience.given_up == 51
    assert worker.heard[-1] == Dropped(claim)


def test_an_acknowledgement_does_not_overtake_an_end_that_is_refused(
    worker: Worker, choosy: Choosy, clock: TurnedClock
) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    choosy.refused.add(claim.run_key)
    worker.do(worker.finish(claim, won.fence), Recorded((claim.run_key,)))
    choosy.refused.clear()
    assert worker.run(claim) == claim.owed()
    clock.turn(3)
    worker.do(Recorded(()), Recorded(()))
    assert worker.run(claim) is None
    assert worker.store.get(keys.lock(NAME)) is None
