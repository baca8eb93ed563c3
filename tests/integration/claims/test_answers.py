"""Answers that are lost or refuse, and requests that carry many."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from common import keys
from common.errors import StoreFull, StoreLost, StoreRefused
from common.job import Job, pack_job
from common.owed import ENDED
from common.record import SUCCESS
from common.store import Outcome, Put, Store, Transaction
from common.watermark import pack_watermark
from tests.integration.claiming import NAME, T0, Worker
from tests.integration.claims.forgetful import Forgetful
from tests.turned_clock import TurnedClock
from worker.asks import End, Nudge, Recorded, Take
from worker.events import Dropped, EndsWritten, Found, Untaken, Won
from worker.finish import Finish


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("losing", [1, 2])
def test_a_claim_whose_answer_was_lost_is_ours_once(
    worker: Worker, losing: int, applied: bool
) -> None:
    worker.claimer._committer._store = Forgetful(worker.store, losing, applied)  # type: ignore[assignment]
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    entry = worker.store.get(claim.run_key)
    assert entry
    assert isinstance(won, Won)
    assert won.fence == entry.revision


@pytest.mark.parametrize("applied", [True, False])
def test_an_end_whose_answer_was_lost_is_written_once(worker: Worker, applied: bool) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.claimer._committer._store = Forgetful(worker.store, 1, applied)  # type: ignore[assignment]
    worker.do(worker.finish(claim, won.fence), Recorded((claim.run_key,)))
    assert worker.run(claim) is None
    assert worker.store.get(keys.lock(NAME)) is None


def test_a_claim_is_given_up_when_the_lease_s_deadline_passes_without_an_answer(
    worker: Worker, clock: TurnedClock
) -> None:
    class Mute(Forgetful):
        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            clock.turn(40)
            raise StoreLost("no answer")

    worker.claimer._committer._store = Mute(worker.store, 0, False)  # type: ignore[assignment]
    claim = worker.claim()
    assert worker.do(Take(claim)) == [Dropped(claim)]


def test_a_claim_that_was_given_up_is_looked_for_as_soon_as_the_lease_holds_again(
    worker: Worker, clock: TurnedClock
) -> None:
    class Late(Forgetful):
        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            clock.turn(40)
            return super().commit_many(transactions, timeout)

    worker.claimer._committer._store = Late(worker.store, 1, applied=True)  # type: ignore[assignment]
    claim = worker.claim()
    assert worker.do(Take(claim)) == [Dropped(claim)]
    worker.claimer._committer._store = worker.store
    worker.claimer._sweep._next = clock.boot() + 30
    assert worker.do(Nudge()) == []
    worker.presence.step()
    (found,) = worker.do(Nudge())
    assert isinstance(found, Found)
    assert [entry.key for entry, _ in found.entries] == [claim.run_key]


class Picky(Forgetful):
    """A store that will not take anything about one job, as for a value that is too large."""

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Refuse a request as a whole for one bad transaction in it, as etcd does."""
        keys_put = {op.key for each in transactions for op in each.then if isinstance(op, Put)}
        if any("/bad-" in key for key in keys_put):
            raise StoreRefused("too large")
        return self._store.commit_many(transactions, timeout)


def test_a_claim_that_the_store_refuses_holds_up_no_other(worker: Worker) -> None:
    worker.claimer._committer._store = Picky(worker.store, 0, False)  # type: ignore[assignment]
    good = save_jobs(worker.store, 6, "good")
    (bad,) = save_jobs(worker.store, 1, "bad")
    claims = [worker.claim(name=name, job_revision=at) for name, at in (*good[:3], bad, *good[3:])]
    for claim in claims:
        worker.claimer.inbox.put(Take(claim))
    worker.claimer.step()
    assert {type(event) for event in worker.heard if isinstance(event, Won | Dropped)} == {
        Won,
        Dropped,
    }
    assert [e.claim.name for e in worker.heard if isinstance(e, Dropped)] == ["bad-0"]
    assert len([event for event in worker.heard if isinstance(event, Won)]) == 6


class Counted(Forgetful):
    """A store of which the sizes of requests are known."""

    def __init__(self, store: Store, losing: int, applied: bool) -> None:
        super().__init__(store, losing, applied)
        self.sizes: list[int] = []

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Count a request and make it."""
        self.sizes.append(len(transactions))
        return self._store.commit_many(transactions, timeout)


def save_jobs(store: Store, count: int, name: str = "job") -> list[tuple[str, int]]:
    """Put as many jobs with watermarks at T0, a few at once; their names and revisions."""
    names = [f"{name}-{n}" for n in range(count)]
    saved = []
    for start in range(0, count, 50):
        some = names[start : start + 50]
        jobs = [Put(keys.job(each), pack_job(Job(each, "true", "* * * * *"))) for each in some]
        fired = [Put(keys.fired(each), pack_watermark(T0)) for each in some]
        revision = store.commit(Transaction((), (*jobs, *fired))).revision
        saved += [(each, revision) for each in some]
    return saved


def test_the_claims_of_a_tick_are_made_in_a_few_requests_the_first_small_and_the_ends_in_fewer(
    worker: Worker,
) -> None:
    counted = Counted(worker.store, 0, False)
    worker.claimer._committer._store = counted  # type: ignore[assignment]
    jobs = save_jobs(worker.store, 250)
    claims = [worker.claim(name=name, job_revision=at) for name, at in jobs]
    for claim in claims:
        worker.claimer.inbox.put(Take(claim))
    worker.claimer.step()
    won = [event for event in worker.heard if isinstance(event, Won)]
    assert len(won) == 250
    for event in won:
        worker.claimer.inbox.put(replace_finish(event))
        worker.claimer.inbox.put(Recorded((event.claim.run_key,)))
    worker.do(Nudge(), Nudge(), Nudge())
    assert worker.store.snapshot("/cron/runs/").entries == ()
    assert worker.store.snapshot("/cron/lock/").entries == ()
    assert counted.sizes == [50, 100, 100, 100, 100, 50]


def test_a_look_at_many_jobs_goes_in_one_request_with_ends(worker: Worker) -> None:
    counted = Counted(worker.store, 0, False)
    won = [event for event in worker.do(Take(worker.claim())) if isinstance(event, Won)]
    worker.claimer._committer._store = counted  # type: ignore[assignment]
    jobs = save_jobs(worker.store, 250)
    for name, at in jobs:
        claim = worker.claim(name=name, job_revision=at)
        worker.claimer.inbox.put(Take(claim, look=True))
    worker.do(*map(replace_finish, won))
    assert {type(event) for event in worker.heard} == {Untaken, EndsWritten}
    assert counted.sizes == [1 + 9]


def replace_finish(won: Won) -> End:
    """The good end of a claim that was won."""
    claim = won.claim
    owed = replace(claim.owed(), state=ENDED, outcome=SUCCESS)
    return End(
        Finish(claim.name, claim.unit, claim.run_id, claim.incarnation, won.fence, owed), True
    )


def test_a_full_store_is_asked_once_for_a_batch_and_not_for_its_halves(worker: Worker) -> None:
    class Full(Forgetful):
        asked: ClassVar[list[int]] = []

        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            self.asked.append(len(transactions))
            raise StoreFull("no room")

    worker.claimer._committer._store = Full(worker.store, 0, False)  # type: ignore[assignment]
    jobs = save_jobs(worker.store, 20)
    for name, revision in jobs:
        worker.claimer.inbox.put(Take(worker.claim(name=name, job_revision=revision)))
    worker.claimer.step()
    assert len([event for event in worker.heard if isinstance(event, Dropped)]) == 20
    assert Full.asked == [20]
