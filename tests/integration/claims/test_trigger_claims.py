"""The claims of triggers, as transactions against both stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common import keys
from common.job import Job, pack_job
from common.killer import pack_kill
from common.owed import ENDED, RUNNING, WAITING
from common.store import delete, put
from common.trigger import Trigger, pack
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.integration.claims.forgetful import Forgetful
from worker.asks import Take
from worker.claim import Claim
from worker.events import Dropped, Passed, Skipped, Won
from worker.waits import Waits

KEY = keys.trigger(NAME, "0f")


@pytest.fixture
def claim(worker: Worker) -> Claim:
    """The claim of a trigger that is there."""
    return asked(worker)


def asked(worker: Worker, **changes: object) -> Claim:
    """Put a trigger; its claim."""
    put(worker.store, KEY, pack(Trigger(T0 + 999, T0 + 60_000, "ann")))
    entry = worker.store.get(KEY)
    assert entry
    manual = {"manual": "0f", "asked": entry.revision, "by": "ann", "plan_time": T0 + 999}
    return worker.claim(**(manual | {"fired": 0} | changes))


def test_a_claim_takes_the_trigger_away_and_leaves_a_run_and_the_watermark(
    worker: Worker, claim: Claim
) -> None:
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    owed = worker.run(claim)
    assert owed is not None
    assert (owed.state, owed.trigger, owed.by) == (RUNNING, "manual", "ann")
    lock = worker.store.get(keys.lock(NAME))
    assert lock is not None
    assert lock.value.startswith(claim.run_id.encode())
    assert worker.store.get(KEY) is None
    assert worker.fired() == T0


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("losing", [1, 2])
def test_a_claim_whose_answer_was_lost_is_ours_once(
    worker: Worker, claim: Claim, losing: int, applied: bool
) -> None:
    worker.claimer._committer._store = Forgetful(worker.store, losing, applied)  # type: ignore[assignment]
    (won,) = worker.do(Take(claim))
    entry = worker.store.get(claim.run_key)
    assert entry
    assert isinstance(won, Won)
    assert won.fence == entry.revision


def test_of_two_workers_one_takes_it_up(worker: Worker, claim: Claim) -> None:
    other = make_worker(worker.store, worker.clock)
    standing = other.presence.standing
    assert standing
    theirs = replace(claim, incarnation=standing.incarnation, lease=standing.lease)
    (won,) = other.do(Take(theirs))
    assert isinstance(won, Won)
    assert worker.do(Take(claim)) == [Passed(claim, None)]
    other.presence.close()


def test_a_trigger_that_was_put_anew_is_another_one(worker: Worker, claim: Claim) -> None:
    asked(worker)
    assert worker.do(Take(claim)) == [Passed(claim, None)]
    assert worker.run(claim) is None


def test_a_job_that_changed_meanwhile_is_run_as_it_is_now_or_not_at_all(
    worker: Worker, claim: Claim
) -> None:
    put(worker.store, keys.job(NAME), pack_job(Job(NAME, "false", "* * * * *")))
    assert worker.do(Take(claim)) == [Dropped(claim)]
    assert worker.store.get(KEY) is not None


def test_a_held_lock_means_that_it_is_skipped_with_a_record(worker: Worker) -> None:
    running = worker.claim()
    worker.do(Take(running))
    claim = asked(worker)
    (skipped,) = worker.do(Take(claim))
    assert isinstance(skipped, Skipped)
    owed = worker.run(claim)
    assert owed is not None
    assert (owed.state, owed.outcome) == (ENDED, "skipped_overlap")
    assert owed.reason == f"{running.run_id} was still running"
    assert worker.store.get(KEY) is None


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_a_held_lock_is_waited_for_where_the_job_says_so(worker: Worker, overlap: str) -> None:
    running = worker.claim()
    worker.do(Take(running))
    claim = asked(worker, overlap=overlap)
    (waits,) = worker.do(Take(claim))
    assert isinstance(waits, Waits)
    owed = worker.run(claim)
    assert owed is not None
    assert owed.state == WAITING
    killer = worker.store.get(keys.killer(NAME))
    kill = pack_kill(running.run_id, claim.run_id) if overlap == "replace" else None
    assert (killer and killer.value) == kill


def test_what_may_overlap_looks_at_no_lock(worker: Worker) -> None:
    worker.do(Take(worker.claim()))
    (won,) = worker.do(Take(asked(worker, locks=False)))
    assert isinstance(won, Won)


def test_a_missed_one_is_recorded_although_the_lock_is_held(worker: Worker) -> None:
    worker.do(Take(worker.claim()))
    claim = asked(worker)
    (skipped,) = worker.do(Take(claim, "no worker took it up in time"))
    assert isinstance(skipped, Skipped)
    assert skipped.owed.outcome == "missed"
    assert worker.store.get(KEY) is None


def test_one_of_a_job_that_is_gone_is_recorded(worker: Worker) -> None:
    delete(worker.store, keys.job(NAME))
    claim = asked(worker, job_revision=0)
    (skipped,) = worker.do(Take(claim, "the job was deleted"))
    assert isinstance(skipped, Skipped)


def test_a_job_that_is_there_after_all_is_not_said_to_be_gone(worker: Worker) -> None:
    claim = asked(worker, job_revision=0)
    assert worker.do(Take(claim, "the job was deleted")) == [Dropped(claim)]
    assert worker.store.get(KEY) is not None
    late = replace(claim, any_job=True)
    (skipped,) = worker.do(Take(late, "the job was deleted, or cannot be read"))
    assert isinstance(skipped, Skipped)


def test_an_incarnation_that_is_over_takes_none_up(worker: Worker, claim: Claim) -> None:
    delete(worker.store, keys.alive(claim.incarnation))
    assert worker.do(Take(claim)) == [Dropped(claim)]
    assert worker.store.get(KEY) is not None
