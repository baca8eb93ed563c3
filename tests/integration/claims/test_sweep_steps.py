"""The sweep goes in steps: much that is owed holds up no claim, and all of it is seen."""

from dataclasses import replace

import pytest

from common import keys
from common.errors import StoreLost
from common.owed import ENDED, RUNNING, pack
from common.record import MISSED
from common.store import Put, Snapshot, Store, Transaction
from tests.integration.claiming import T0, Worker
from tests.turned_clock import TurnedClock
from worker.asks import Nudge, Take
from worker.events import Found, Won
from worker.sweep import AT_ONCE

DEAD = "10.9.9.9.dead"


def owe(worker: Worker, count: int, state: str, incarnation: str) -> list[str]:
    """So many run keys, in their order."""
    owed = replace(worker.claim().owed(), state=state, incarnation=incarnation)
    owed = replace(owed, outcome=MISSED) if state == ENDED else owed
    run_keys = [keys.run("other", keys.run_id("other", T0 + n)) for n in range(count)]
    for start in range(0, count, 100):
        puts = tuple(Put(key, pack(owed)) for key in run_keys[start : start + 100])
        worker.store.commit(Transaction((), puts))
    return run_keys


def grow_older(worker: Worker, clock: TurnedClock) -> str:
    """Let it be time to look; the incarnation."""
    clock.turn(31)
    worker.presence.wake()
    worker.presence.step()
    return worker.presence.incarnation()


def step(worker: Worker) -> None:
    """One step of the claimer, with nothing asked."""
    worker.claimer.inbox.put(Nudge())
    worker.claimer.step()


def look(worker: Worker) -> None:
    """Step until all was looked at and filed."""
    step(worker)
    sweep = worker.claimer._sweep
    while sweep.is_under_way or sweep.is_filing:
        step(worker)


def test_a_claim_is_answered_amid_a_look_at_more_than_one_step_sees(
    worker: Worker, clock: TurnedClock
) -> None:
    run_keys = owe(worker, 2 * AT_ONCE + 1, ENDED, worker.presence.incarnation())
    grow_older(worker, clock)
    step(worker)
    assert worker.claimer._sweep.is_under_way
    assert [type(each) for each in worker.do(Take(worker.claim()))] == [Won]
    assert 0 < len(worker.filed) < len(run_keys)
    look(worker)
    assert [filing.run_key for filing in worker.filed] == run_keys


def test_what_runs_is_found_in_every_step(worker: Worker, clock: TurnedClock) -> None:
    run_keys = owe(worker, AT_ONCE + 5, RUNNING, worker.presence.incarnation())
    grow_older(worker, clock)
    worker.heard.clear()
    step(worker)
    step(worker)
    found = [event for event in worker.heard if isinstance(event, Found)]
    assert [len(event.entries) for event in found] == [AT_ONCE, 5]
    assert [entry.key for event in found for entry, _ in event.entries] == run_keys


def test_the_dead_s_are_taken_over_once_all_was_looked_at(
    worker: Worker, clock: TurnedClock
) -> None:
    run_keys = owe(worker, AT_ONCE + 5, ENDED, DEAD)
    grow_older(worker, clock)
    step(worker)
    assert worker.filed == []
    for _ in range(AT_ONCE // 200 + 2):
        look(worker)
    assert sorted(filing.run_key for filing in worker.filed) == run_keys


def test_a_look_that_broke_off_is_begun_anew_and_files_nothing_twice(
    worker: Worker, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_keys = owe(worker, AT_ONCE + 5, ENDED, worker.presence.incarnation())
    grow_older(worker, clock)
    step(worker)

    def lost(store: Store, prefix: str, size: int, after: str = "") -> Snapshot:
        raise StoreLost("no answer in time")

    with monkeypatch.context() as broken:
        broken.setattr(type(worker.store), "page", lost)
        step(worker)
    grow_older(worker, clock)
    look(worker)
    assert [filing.run_key for filing in worker.filed] == run_keys


def test_a_worker_without_its_lease_ends_its_look(worker: Worker, clock: TurnedClock) -> None:
    owe(worker, AT_ONCE + 5, ENDED, worker.presence.incarnation())
    grow_older(worker, clock)
    step(worker)
    assert worker.claimer._sweep.is_under_way
    clock.turn(31)
    step(worker)
    assert not worker.claimer._sweep.is_under_way
