"""The claim over real stores: what is written, who wins, and what answers that are lost do."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from common import keys
from common.errors import StoreLost, StoreRefused
from common.job import Job, pack_job
from common.owed import ENDED, RUNNING, Gap, Owed, pack
from common.record import LOST, MISSED, RAN_ELSEWHERE, SKIPPED_OVERLAP, SUCCESS
from common.store import Outcome, Put, Store, Transaction, delete, put
from common.watermark import pack_watermark
from tests.integration.claiming import NAME, T0, Worker, make_worker, working
from tests.turned_clock import TurnedClock
from worker.asks import End, Recorded, Take
from worker.claim import Finish, lock_value
from worker.events import Dropped, Found, Held, Passed, Skipped, Won


@pytest.fixture
def worker(any_store: Store) -> Iterator[Worker]:
    """A worker that has looked around once, and its job."""
    with working(any_store) as made:
        yield made


@pytest.fixture
def clock(worker: Worker) -> TurnedClock:
    """The worker's clock."""
    return worker.clock


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
    put(worker.store, keys.lock(NAME), b"")
    claim = worker.claim()
    assert worker.do(Take(claim)) == [Held(claim)]
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


def test_a_lock_that_another_system_holds_means_that_the_job_ran_elsewhere(worker: Worker) -> None:
    put(worker.store, keys.lock(NAME), b"")
    (skipped,) = worker.do(Take(worker.claim()))
    assert isinstance(skipped, Skipped)
    assert skipped.owed.outcome == RAN_ELSEWHERE


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


class Forgetful:
    """A real store that does what it is told and loses the answer, as a network does."""

    def __init__(self, store: Store, losing: int, applied: bool) -> None:
        self._store = store
        self._losing = losing
        self._applied = applied

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Lose the first answers, of transactions that were applied or were not."""
        if not self._losing:
            return self._store.commit_many(transactions, timeout)
        self._losing -= 1
        if self._applied:
            self._store.commit_many(transactions, timeout)
        raise StoreLost("no answer")


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
    good = [save_job(worker.store, f"good-{n}") for n in range(6)]
    bad = save_job(worker.store, "bad-1")
    claims = [worker.claim(name=name, job_revision=at) for name, at in (*good[:3], bad, *good[3:])]
    for claim in claims:
        worker.claimer.inbox.put(Take(claim))
    worker.claimer.step()
    assert {type(event) for event in worker.heard if isinstance(event, Won | Dropped)} == {
        Won,
        Dropped,
    }
    assert [e.claim.name for e in worker.heard if isinstance(e, Dropped)] == ["bad-1"]
    assert len([event for event in worker.heard if isinstance(event, Won)]) == 6


def save_job(store: Store, name: str) -> tuple[str, int]:
    """Put a job with a watermark at T0; its name and revision."""
    put(store, keys.fired(name), pack_watermark(T0))
    return name, put(store, keys.job(name), pack_job(Job(name, "true", "* * * * *"))).revision


def test_the_claims_of_a_tick_are_made_in_a_few_requests_the_first_small_and_the_ends_in_fewer(
    worker: Worker,
) -> None:
    class Counting(Forgetful):
        sizes: ClassVar[list[int]] = []

        def commit_many(
            self, transactions: Sequence[Transaction], timeout: float | None = None
        ) -> list[Outcome]:
            self.sizes.append(len(transactions))
            return self._store.commit_many(transactions, timeout)

    worker.claimer._committer._store = Counting(worker.store, 0, False)  # type: ignore[assignment]
    jobs = [save_job(worker.store, f"job-{n}") for n in range(250)]
    claims = [worker.claim(name=name, job_revision=at) for name, at in jobs]
    for claim in claims:
        worker.claimer.inbox.put(Take(claim))
    worker.claimer.step()
    won = [event for event in worker.heard if isinstance(event, Won)]
    assert len(won) == 250
    for event in won:
        worker.claimer.inbox.put(replace_finish(event))
        worker.claimer.inbox.put(Recorded((event.claim.run_key,)))
    worker.claimer.step()
    assert worker.store.snapshot("/cron/runs/").entries == ()
    assert worker.store.snapshot("/cron/lock/").entries == ()
    assert Counting.sizes == [25, 100, 100, 25, 100, 100, 50]


def replace_finish(won: Won) -> End:
    """The good end of a claim that was won."""
    claim = won.claim
    owed = replace(claim.owed(), state=ENDED, outcome=SUCCESS)
    return End(Finish(claim.name, claim.run_id, claim.incarnation, won.fence, owed), True)


def test_a_running_key_of_ours_is_found_by_the_sweep(worker: Worker, clock: TurnedClock) -> None:
    claim = worker.claim()
    worker.do(Take(claim))
    clock.turn(31)
    worker.presence.wake()
    worker.presence.step()
    (found,) = worker.do(Recorded(()))
    assert isinstance(found, Found)
    assert [owed for _, owed in found.entries] == [claim.owed()]


def test_a_dead_worker_s_run_is_settled_as_lost_by_one_of_the_living(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim()
    worker.do(Take(claim))
    worker.presence.close()
    living = [make_worker(worker.store, clock) for _ in range(3)]
    clock.turn(31)
    for each in living:
        each.presence.wake()
        each.presence.step()
        each.do(Recorded(()))
    filed = [filing for each in living for filing in each.filed]
    (record,) = [record for filing in filed for record in filing.records]
    assert (record.run_id, record.outcome) == (claim.run_id, LOST)
    assert worker.store.get(keys.lock(NAME)) is None


def test_what_an_edit_left_owed_is_recorded_and_its_key_goes(
    worker: Worker, clock: TurnedClock
) -> None:
    run_id = keys.run_id(NAME, T0 + 500)
    owed = Owed(ENDED, "-", T0 + 500, 0, 3, MISSED, "edited", Gap(T0 + 1, T0 + 2, 2, "edited"))
    put(worker.store, keys.run(NAME, run_id), pack(owed))
    clock.turn(31)
    worker.presence.wake()
    worker.presence.step()
    worker.do(Recorded(()))
    (filing,) = worker.filed
    assert [record.outcome for record in filing.records] == [MISSED, MISSED]
    assert [record.gap_count for record in filing.records] == [2, None]
    worker.do(Recorded((filing.run_key,)))
    assert worker.store.get(keys.run(NAME, run_id)) is None


@pytest.mark.parametrize(
    "value", [b"", b"{}", b"\xff\xfe", b'{"state":"dreaming"}', b"[" * 5000], ids=repr
)
def test_keys_that_nobody_of_ours_wrote_are_left_alone_and_counted_once(
    worker: Worker, clock: TurnedClock, value: bytes
) -> None:
    put(worker.store, keys.run(NAME, keys.run_id(NAME, T0)), value)
    put(worker.store, "/cron/runs/strange", pack(worker.claim().owed()))
    for _ in range(2):
        clock.turn(31)
        worker.presence.wake()
        worker.presence.step()
        worker.do(Recorded(()))
    assert worker.claimer._sweep.malformed == 2
    assert worker.filed == []
    assert worker.claim().owed().state == RUNNING


def test_a_key_that_the_store_refuses_to_give_us_keeps_no_other_from_its_record(
    worker: Worker, clock: TurnedClock
) -> None:
    dead = Owed(ENDED, "dead", T0, 0, 3, MISSED, "edited")
    put(
        worker.store, keys.run("a", keys.run_id("a", T0)), pack(replace(dead, incarnation="\ud800"))
    )
    put(worker.store, keys.run("b", keys.run_id("b", T0)), pack(dead))
    clock.turn(31)
    worker.presence.wake()
    worker.presence.step()
    worker.do(Recorded(()))
    assert [filing.run_key for filing in worker.filed] == [keys.run("b", keys.run_id("b", T0))]
    assert worker.claimer._sweep.malformed == 1


def test_an_ended_key_of_ours_of_which_nobody_was_told_is_recorded_once_and_goes(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = worker.claim()
    owed = replace(claim.owed(), state=ENDED, outcome=MISSED)
    put(worker.store, claim.run_key, pack(owed))
    for _ in range(2):
        clock.turn(31)
        worker.presence.wake()
        worker.presence.step()
        worker.do(Recorded(()))
    (filing,) = worker.filed
    assert [record.run_id for record in filing.records] == [claim.run_id]
    worker.do(Recorded((filing.run_key,)))
    assert worker.store.get(claim.run_key) is None
