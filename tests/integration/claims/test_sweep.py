"""What is left owed: found, taken over, recorded once."""

from dataclasses import replace

import pytest

from common import keys
from common.owed import ENDED, RUNNING, Gap, Owed, pack
from common.record import LOST, MISSED
from common.store import put
from tests.integration.claiming import NAME, T0, Worker, make_worker
from tests.turned_clock import TurnedClock
from worker.asks import Recorded, Take
from worker.events import Found


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
