"""Runs that replace the one before them, over real stores: what they ask to end, and what not."""

from dataclasses import replace

import pytest

from common import keys
from common.killer import pack_kill
from common.owed import pack
from common.store import put
from tests.integration.claiming import NAME, Worker
from tests.integration.claims.queueing import asked, queued, running, turn, waiting
from worker.asks import Take, Turn, Turns
from worker.claim import lock_value
from worker.events import Skipped
from worker.waits import Turned, Unturned


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
