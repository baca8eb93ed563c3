"""Who goes on with what waits, over real stores: taken over, found, handed over, or nobody."""

from dataclasses import replace

from common import keys
from common.owed import WAITING, pack
from common.record import NOT_STARTED
from common.store import put
from tests.integration.claiming import NAME, Worker
from tests.integration.claims.queueing import running, turn, waiting
from worker.asks import Recorded, Settle, Turn, Turns
from worker.events import Found
from worker.turns import calling_off
from worker.waits import Turned, Unturned, Waits


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


def test_what_is_called_off_is_recorded_by_its_key_once_that_says_so(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    worker.do(calling_off(waits.claim, waits.revision, "the job was deleted"))
    (filing,) = worker.filed
    assert [record.outcome for record in filing.records] == [NOT_STARTED]
    worker.do(Recorded((filing.run_key,)))
    assert worker.run(waits.claim) is None
    assert worker.store.get(keys.lock(NAME))


def test_what_another_goes_on_with_is_not_recorded_when_it_is_called_off(worker: Worker) -> None:
    running(worker)
    waits = waiting(worker)
    put(worker.store, waits.claim.run_key, pack(replace(waits.owed, incarnation="else")))
    worker.do(calling_off(waits.claim, waits.revision, "the job was deleted"))
    assert worker.filed == []
