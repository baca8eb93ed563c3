"""Claims over real stores: what is written, who wins, and who is told what."""

import pytest

from common import keys
from common.owed import Gap
from common.record import MISSED, RAN_ELSEWHERE, SKIPPED_OVERLAP
from common.store import delete, put
from common.watermark import pack_watermark
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Nudge, Take
from worker.claim import lock_value
from worker.events import Dropped, Event, LockHeld, Passed, Skipped, Untaken, Won


def test_a_claim_moves_the_watermark_leaves_what_is_owed_and_holds_the_lock(
    worker: Worker,
) -> None:
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    assert worker.fired() == T0 + 1000
    assert worker.run(claim) == claim.owed()
    lock = worker.store.get(keys.lock(NAME))
    assert lock
    assert (lock.value, lock.lease, lock.revision) == (lock_value(claim), claim.lease, won.fence)


def test_of_many_workers_exactly_one_wins_an_instant(worker: Worker, clock: TurnedClock) -> None:
    others = [make_worker(worker.store, clock) for _ in range(4)]
    answers = [each.do(Take(each.claim())) for each in (worker, *others)]
    kinds = [type(answer[0]) for answer in answers]
    assert kinds.count(Won) == 1
    assert kinds.count(Passed) == 4


def test_a_loser_hears_where_the_watermark_is(worker: Worker) -> None:
    put(worker.store, keys.fired(NAME), pack_watermark(T0 + 5000))
    (passed,) = worker.do(Take(worker.claim()))
    assert isinstance(passed, Passed)
    assert passed.fired == T0 + 5000


def test_a_look_says_whether_others_have_taken_the_instant_and_changes_nothing(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim()

    def look() -> list[Event]:
        worker.claimer.inbox.put(Take(claim, look=True))
        return worker.do(Nudge())

    assert look() == [Untaken(claim)]
    assert worker.fired() == T0
    assert worker.run(claim) is None
    other = make_worker(worker.store, clock)
    other.do(Take(other.claim()))
    assert look() == [Passed(claim, claim.plan_time)]


def test_a_watermark_that_is_gone_or_not_ours_is_said_to_be_none(worker: Worker) -> None:
    put(worker.store, keys.fired(NAME), b"yesterday")
    (passed,) = worker.do(Take(worker.claim()))
    delete(worker.store, keys.fired(NAME))
    (again,) = worker.do(Take(worker.claim()))
    assert isinstance(passed, Passed)
    assert isinstance(again, Passed)
    assert passed.fired is again.fired is None


def test_a_job_that_changed_or_went_is_not_claimed(worker: Worker) -> None:
    claim = worker.claim()
    put(worker.store, keys.job(NAME), b"{}")
    assert worker.do(Take(claim)) == [Dropped(claim)]
    delete(worker.store, keys.job(NAME))
    assert worker.do(Take(claim)) == [Dropped(claim)]
    assert worker.fired() == T0


def test_a_worker_whose_alive_key_went_claims_nothing_and_begins_anew(worker: Worker) -> None:
    claim = worker.claim()
    delete(worker.store, keys.alive(claim.incarnation))
    assert worker.do(Take(claim)) == [Dropped(claim)]
    worker.presence.wake()
    worker.presence.step()
    assert worker.presence.standing
    assert worker.presence.standing.incarnation != claim.incarnation
    (won,) = worker.do(Take(worker.claim()))
    assert isinstance(won, Won)


def test_before_the_instant_a_held_lock_is_only_said(worker: Worker, clock: TurnedClock) -> None:
    clock.now_ms = T0 + 800
    put(worker.store, keys.lock(NAME), b"", worker.store.grant(30))
    claim = worker.claim()
    assert worker.do(Take(claim)) == [LockHeld(claim)]
    assert worker.fired() == T0


def test_at_the_instant_a_lock_of_ours_means_skipped_with_the_run_that_holds_it(
    worker: Worker,
) -> None:
    first = worker.claim()
    worker.do(Take(first))
    second = worker.claim(fired=T0 + 1000, plan_time=T0 + 1001)
    (skipped,) = worker.do(Take(second))
    assert isinstance(skipped, Skipped)
    assert skipped.owed.outcome == SKIPPED_OVERLAP
    assert first.run_id in skipped.owed.reason
    assert worker.run(second) == skipped.owed
    assert worker.fired() == T0 + 1001


@pytest.mark.parametrize("value", [b"", b"\xff\xfe@ x", b"other@5 nobody.1", b"backup@5"])
def test_a_lock_that_another_system_holds_means_that_the_job_ran_elsewhere(
    worker: Worker, value: bytes
) -> None:
    put(worker.store, keys.lock(NAME), value, worker.store.grant(30))
    (skipped,) = worker.do(Take(worker.claim()))
    assert isinstance(skipped, Skipped)
    assert skipped.owed.outcome == RAN_ELSEWHERE


@pytest.mark.parametrize("value", [b"", b"someone", b"backup@5 nobody.1", b"\xff"])
def test_a_lock_on_no_lease_is_no_worker_s_and_keeps_no_job_from_running(
    worker: Worker, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    put(worker.store, keys.lock(NAME), value)
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    lock = worker.store.get(keys.lock(NAME))
    assert lock
    assert (lock.value, lock.lease) == (lock_value(claim), claim.lease)
    assert caplog.text.count("/cron/lock/backup hung on no lease") == 1
    assert worker.claimer._taker._contention.freed == 1


def test_a_job_that_may_overlap_takes_no_lock_and_minds_none(worker: Worker) -> None:
    worker.do(Take(worker.claim()))
    second = worker.claim(fired=T0 + 1000, plan_time=T0 + 1001, locks=False)
    (won,) = worker.do(Take(second))
    assert isinstance(won, Won)


def test_a_missed_instant_is_settled_even_while_the_job_runs(worker: Worker) -> None:
    worker.do(Take(worker.claim()))
    gap = Gap(T0 + 1001, T0 + 1002, 2, "away")
    late = worker.claim(fired=T0 + 1000, plan_time=T0 + 1003, gap=gap)
    (skipped,) = worker.do(Take(late, missed="away"))
    assert isinstance(skipped, Skipped)
    assert (skipped.owed.outcome, skipped.owed.gap) == (MISSED, gap)
