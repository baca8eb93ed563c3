"""Runs that wait for their turn, over real stores: who waits, whose turn it is, who goes on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from common import keys
from common.killer import pack_kill
from common.lock import kept
from common.owed import ENDED, RUNNING, WAITING, Owed, pack
from common.record import LOST, NOT_STARTED, SKIPPED_OVERLAP
from common.store import delete, put
from tests.integration.claiming import NAME, T0, Worker, make_worker
from worker.asks import End, Recorded, Settle, Take, Turn, Turns
from worker.claim import Claim, lock_value
from worker.events import Found, Held, Skipped, Won
from worker.finish import Finish
from worker.retrying import Retry
from worker.waits import Turned, Unturned, Waits


@pytest.fixture
def other(worker: Worker) -> Iterator[Worker]:
    """One that is left when the first dies."""
    made = make_worker(worker.store, worker.clock)
    yield made
    made.presence.close()


def running(worker: Worker, **changes: object) -> tuple[Claim, int]:
    """A run that holds the job's lock, and its fence."""
    claim = worker.claim(**changes)
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    return claim, won.fence


def queued(worker: Worker, number: int = 1, overlap: str = "queue") -> Claim:
    """The claim of the instant so many seconds after the one that runs."""
    at = T0 + 1000 + 1000 * number
    worker.clock.now_ms = max(worker.clock.now_ms, at + 1)
    return worker.claim(plan_time=at, fired=at - 1000, overlap=overlap)


def waiting(worker: Worker, number: int = 1, overlap: str = "queue") -> Waits:
    """An instant that waits for the one that runs."""
    (waits,) = worker.do(Take(queued(worker, number, overlap)))
    assert isinstance(waits, Waits)
    return waits


def turn(worker: Worker, waits: Waits, **changes: object) -> Turned | Unturned:
    """What comes of trying whether it is its turn."""
    claim = replace(asked(worker, waits), **changes)  # type: ignore[arg-type]
    (answer,) = worker.do(Turns((Turn(claim, waits.revision),)))
    assert isinstance(answer, Turned | Unturned)
    return answer


def asked(worker: Worker, waits: Waits) -> Claim:
    """The claim by which it is to run."""
    was = waits.claim
    return worker.claim(plan_time=was.plan_time, attempt=was.attempt, overlap=was.overlap)


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
    assert worker.do(Take(early)) == [Held(early)]
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


def test_a_job_that_replaces_asks_for_the_end_of_the_run_that_holds_it(worker: Worker) -> None:
    first, _ = running(worker)
    waits = waiting(worker, overlap="replace")
    killer = worker.store.get(keys.killer(NAME))
    assert killer
    assert (killer.value, killer.lease > 0) == (pack_kill(first.run_id, waits.claim.run_id), True)
    assert killer.revision == waits.created, "the kill does not mean the one that waits"


def test_a_retry_that_came_before_the_run_that_waits_is_replaced_at_the_next_instant(
    worker: Worker,
) -> None:
    first, fence = running(worker)
    waiting(worker, overlap="replace")
    worker.do(worker.finish(first, fence))
    retry = replace(first, attempt=1)
    put(worker.store, keys.lock(NAME), lock_value(retry), worker.claim().lease)
    (skipped,) = worker.do(Take(queued(worker, 2, "replace")))
    assert isinstance(skipped, Skipped)
    killer = worker.store.get(keys.killer(NAME))
    assert killer
    assert killer.value == pack_kill(retry.run_id, skipped.claim.run_id)


def test_a_retry_that_came_before_the_run_that_replaces_ends_by_that_one_s_turn(
    worker: Worker,
) -> None:
    first, fence = running(worker)
    waits = waiting(worker, overlap="replace")
    turn(worker, waits)
    killer = worker.store.get(keys.killer(NAME))
    assert killer
    assert killer.revision == waits.created, "the first was asked to end before"
    worker.do(worker.finish(first, fence))
    retry = replace(first, attempt=1)
    put(worker.store, keys.lock(NAME), lock_value(retry), worker.claim().lease)
    assert isinstance(turn(worker, waits), Unturned)
    killer = worker.store.get(keys.killer(NAME))
    assert killer
    assert killer.value == pack_kill(retry.run_id, waits.claim.run_id)
    assert isinstance(turn(worker, waits), Unturned)
    assert worker.store.get(keys.killer(NAME)) == killer, "it is asked once"


@pytest.mark.parametrize("holder", [b"", b"later", b"retry"])
def test_a_turn_ends_no_go_run_no_later_one_and_nothing_for_a_retry(
    worker: Worker, holder: bytes
) -> None:
    first, fence = running(worker)
    waits = waiting(worker)
    worker.do(worker.finish(first, fence))
    later = replace(first, plan_time=waits.claim.plan_time + 1, manual="cafe")
    value = {b"": b"", b"later": lock_value(later), b"retry": lock_value(first)}[holder]
    put(worker.store, keys.lock(NAME), value, worker.claim().lease)
    attempt = 1 if holder == b"retry" else 0
    run = replace(waits.claim, attempt=attempt).run_key
    revision = put(worker.store, run, pack(waits.owed)).revision if attempt else waits.revision
    claim = replace(asked(worker, waits), overlap="replace", attempt=attempt)
    (answer,) = worker.do(Turns((Turn(claim, revision),)))
    assert isinstance(answer, Unturned)
    assert not answer.moved
    assert worker.store.get(keys.killer(NAME)) is None


def test_an_instant_that_is_skipped_as_one_queues_already_ends_nothing(worker: Worker) -> None:
    running(worker)
    waiting(worker)
    (skipped,) = worker.do(Take(queued(worker, 2)))
    assert isinstance(skipped, Skipped)
    assert worker.store.get(keys.killer(NAME)) is None


def test_kills_that_follow_each_other_soon_share_a_lease(worker: Worker) -> None:
    claim, fence = running(worker)
    first = waiting(worker, 1, "replace")
    lease = worker.store.get(keys.killer(NAME))
    worker.do(worker.finish(claim, fence))
    turned = turn(worker, first)
    assert isinstance(turned, Turned)
    waiting(worker, 2, "replace")
    second = worker.store.get(keys.killer(NAME))
    assert lease
    assert second
    meant = second.value.decode().partition("\n")[0]
    assert (second.lease, meant) == (lease.lease, first.claim.run_id)


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


def test_what_a_dead_worker_left_waiting_waits_on_at_another(worker: Worker, other: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    worker.presence.close()
    heard = other.do(Settle(waits.claim.incarnation), Recorded(()))
    (taken,) = [event for event in heard if isinstance(event, Waits)]
    mine = other.presence.incarnation()
    assert (taken.claim.run_id, taken.claim.incarnation) == (waits.claim.run_id, mine)
    assert (taken.owed, taken.created) == (replace(waits.owed, incarnation=mine), waits.created)
    assert isinstance(turn(other, taken), Turned)


def test_a_waiting_run_of_ours_that_nobody_knows_is_found(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    found = next(event for event in worker.sweep() if isinstance(event, Found))
    assert (waits.claim.run_key, WAITING) in [(e.key, owed.state) for e, owed in found.entries]


def test_what_is_called_off_is_recorded_by_its_key_once_that_says_so(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    worker.do(calling_off(waits))
    (filing,) = worker.filed
    assert [record.outcome for record in filing.records] == [NOT_STARTED]
    worker.do(Recorded((filing.run_key,)))
    assert worker.run(waits.claim) is None
    assert worker.store.get(keys.lock(NAME))


def test_what_another_goes_on_with_is_not_recorded_when_it_is_called_off(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    put(worker.store, waits.claim.run_key, pack(replace(waits.owed, incarnation="else")))
    worker.do(calling_off(waits))
    assert worker.filed == []


def calling_off(waits: Waits) -> End:
    """Call it off."""
    claim = waits.claim
    owed = replace(claim.owed(), state=ENDED, outcome=NOT_STARTED)
    run = (claim.name, claim.unit, claim.run_id, claim.incarnation, waits.revision, owed)
    return End(Finish(*run), unlock=False, files=True)


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


def test_a_run_that_is_handed_over_waits_on_at_the_other(worker: Worker, other: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    to = other.presence.incarnation()
    handed = Turns((Turn(waits.claim, waits.revision, waits.owed, to),))
    assert worker.do(handed) == [Unturned(waits.claim, moved=True)]
    found = next(event for event in other.sweep() if isinstance(event, Found))
    assert [owed.reason for _, owed in found.entries] == [waits.owed.reason]
    assert worker.do(handed) == [Unturned(waits.claim, moved=True)]


def test_what_only_wants_room_is_handed_over_once_its_lock_is_free(
    worker: Worker, other: Worker
) -> None:
    claim, fence = running(worker)
    waits = waiting(worker)
    to = other.presence.incarnation()
    handed = Turns((Turn(waits.claim, waits.revision, waits.owed, to, unlocked=True),))
    assert worker.do(handed) == [Unturned(waits.claim)]
    assert not worker.presence.handing.counts, "the other would look for nothing"
    worker.do(worker.finish(claim, fence))
    assert worker.do(handed) == [Unturned(waits.claim, moved=True)]
    assert worker.presence.handing.counts == {to: 1}


def test_nothing_is_handed_over_to_who_is_gone(worker: Worker, other: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    to = other.presence.incarnation()
    other.presence.close()
    handed = Turns((Turn(waits.claim, waits.revision, waits.owed, to),))
    assert worker.do(handed) == [Unturned(waits.claim)]
