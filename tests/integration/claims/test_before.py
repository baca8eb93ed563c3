"""Ends of former lives: their keys wait for the records from the spool, and for nothing else."""

from dataclasses import replace

from common import keys
from common.owed import ENDED, Owed, pack
from common.record import LOST, SUCCESS
from common.store import put
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Before, End, Recorded, Take
from worker.claim import Claim
from worker.events import Won
from worker.fallback import Fallback
from worker.finish import Finish

RUN = keys.run_id(NAME, T0 + 1000)


def ended(worker: Worker, **changed: object) -> Claim:
    """A claim of this incarnation whose run is over, as its key says."""
    claim = worker.claim()
    owed = replace(claim.owed(), state=ENDED, outcome=SUCCESS)
    put(worker.store, claim.run_key, pack(replace(owed, **changed)))  # type: ignore[arg-type]
    return claim


def test_a_key_whose_record_comes_from_the_spool_is_not_recorded_by_itself(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = ended(worker)
    worker.do(Before((claim.run_id,)))
    worker.sweep()
    assert worker.filed == []
    worker.do(Recorded((claim.run_key,), (claim.run_id,)))
    assert worker.store.get(claim.run_key) is None


def test_a_key_that_is_seen_after_its_record_was_stored_goes_at_once(worker: Worker) -> None:
    claim = ended(worker)
    worker.do(Before((claim.run_id,)), Recorded((claim.run_key,), (claim.run_id,)))
    assert worker.store.get(claim.run_key)
    worker.sweep()
    assert worker.filed == []
    assert worker.store.get(claim.run_key) is None


def test_its_executor_hears_that_the_end_is_safe_once_it_is_recorded(worker: Worker) -> None:
    safe: list[tuple[str, ...]] = []
    worker.claimer._acks._tell = safe.append
    claim = ended(worker)
    worker.do(Before((claim.run_id, "gone@1")))
    assert safe == []
    worker.do(Recorded((claim.run_key, "/cron/runs/gone/gone@1"), (claim.run_id, "gone@1")))
    assert safe == [(claim.run_id, "gone@1")]


def test_of_a_run_that_has_no_key_nothing_is_kept_after_a_look(worker: Worker) -> None:
    worker.do(Before(("gone@1",)))
    assert list(worker.claimer._left.awaited) == ["gone@1"]
    worker.sweep()
    assert list(worker.claimer._left.awaited) == []


def test_a_run_that_was_lost_is_marked_and_its_key_goes_when_both_are_stored(
    worker: Worker,
) -> None:
    claim = ended(worker, outcome=LOST, lost=True)
    worker.do(Before((claim.run_id,)))
    worker.sweep()
    ((record,),) = (filing.records for filing in worker.filed)
    assert record.lost
    worker.do(Recorded((claim.run_key,)))
    assert worker.store.get(claim.run_key)
    worker.do(Recorded((claim.run_key,)))
    assert worker.store.get(claim.run_key) is None


def test_what_a_dead_life_of_ours_left_is_taken_over_and_waits_for_the_spool(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = ended(worker, incarnation="10.9.9.9.dead")
    worker.do(Before((claim.run_id,)))
    for _ in range(3):
        worker.sweep()
    assert worker.filed == []
    worker.do(Recorded((claim.run_key,), (claim.run_id,)))
    assert worker.store.get(claim.run_key) is None


def test_nothing_is_recorded_by_its_key_before_it_is_known_what_the_spool_has(
    worker: Worker, clock: TurnedClock
) -> None:
    claim = ended(worker)
    late = make_worker(worker.store, clock, told=False)
    put(worker.store, claim.run_key, pack(replace(_owed(claim), incarnation=_life(late))))
    late.sweep(14)
    late.claimer._sweep.hasten()
    late.do(Recorded(()))
    assert late.filed == []
    late.do(Before((), last=True))
    late.do(Recorded(()))
    assert [filing.run_key for filing in late.filed] == [claim.run_key]
    late.presence.close()


def test_beyond_so_many_keys_an_end_in_the_spool_leaves_none(worker: Worker) -> None:
    few = Fallback(worker.claimer._left, lambda: 0)
    worker.claimer._fallback = worker.claimer._ends._fallback = few
    safe: list[tuple[str, ...]] = []
    worker.claimer._acks._tell = safe.append
    few.is_on = True
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.do(replace(_end(claim, won.fence), told=True, durable=True))
    assert worker.store.get(claim.run_key) is None
    assert (safe, few.gone) == ([], 1)
    worker.do(Recorded((claim.run_key,), (claim.run_id,)))
    assert safe == [(claim.run_id,)]


def test_keys_that_stand_go_when_there_are_too_many_of_them(worker: Worker) -> None:
    few = Fallback(worker.claimer._left, lambda: 0)
    claim = worker.claim()
    (won,) = worker.do(Take(claim))
    assert isinstance(won, Won)
    worker.do(replace(_end(claim, won.fence), told=True, durable=True))
    assert worker.store.get(claim.run_key)
    worker.claimer._fallback = few
    worker.do(Recorded(()))
    assert worker.store.get(claim.run_key) is None


def _owed(claim: Claim) -> Owed:
    return replace(claim.owed(), state=ENDED, outcome=SUCCESS)


def _life(worker: Worker) -> str:
    return worker.presence.incarnation()


def _end(claim: Claim, fence: int) -> End:
    return End(Finish.of(claim, fence, _owed(claim)), claim.locks, claim.following)
