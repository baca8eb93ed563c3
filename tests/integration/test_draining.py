"""A worker that is drained: it hears of it, says so, and takes nothing from its first moment on."""

import json

import pytest

from common import keys
from common.drain import Drain, pack_drain, unpack_drain
from common.store import Change, Changes, Entry, Snapshot, Store, delete, put
from tests.desk import Desk as PlanDesk
from tests.integration.presenting import IDENTITY
from tests.integration.watching import Desk as WatchDesk
from tests.turned_clock import TurnedClock
from tests.waiting import until
from worker.draining import Draining
from worker.events import Arisen, Event
from worker.presence import Presence

ANN = Drain("ann", 1_700_000_000_000, "new disks")
KEY = keys.drain("10.0.0.1")


def presence(store: Store, heard: list[Event], draining: Draining) -> Presence:
    """A presence that can be drained, and an end of its wait already asked for."""
    made = Presence(store, TurnedClock(), IDENTITY, 30, 10, heard.append, draining=draining)
    made.wake()
    return made


def says(store: Store, what: str = "draining") -> bool:
    """Whether the registration says that it is draining, or ahead."""
    entry = store.get(keys.worker("10.0.0.1"))
    assert entry
    said: bool = json.loads(entry.value)[what]
    return said


def test_a_worker_that_was_drained_before_it_started_never_says_anything_else(
    any_store: Store,
) -> None:
    put(any_store, KEY, pack_drain(ANN))
    heard: list[Event] = []
    worker = presence(any_store, heard, Draining("10.0.0.1"))
    worker.step()
    assert says(any_store)
    entry = any_store.get(keys.worker("10.0.0.1"))
    assert entry
    assert entry.revision == entry.created
    assert [event.draining for event in heard if isinstance(event, Arisen)] == [True]
    worker.close()


@pytest.mark.parametrize("draining", [False, True])
def test_a_drained_worker_counts_for_no_job_before_the_watch_has_shown_it(draining: bool) -> None:
    desk = PlanDesk()
    desk.see("other")
    for number in range(20):
        desk.save(f"job-{number}")
    desk.plan.jobs.arisen(draining)
    assert bool(desk.asked) is not draining


def test_the_watch_tells_of_a_drain_and_of_its_end(any_store: Store) -> None:
    desk = WatchDesk(any_store)
    woken: list[bool] = []
    desk.draining.changed = lambda: woken.append(desk.draining.is_on)
    put(any_store, keys.drain("you"), pack_drain(ANN))
    put(any_store, keys.drain("me"), pack_drain(ANN))
    until(lambda: desk.step() >= 0 and woken == [True], why="it is drained")
    delete(any_store, keys.drain("me"))
    until(lambda: desk.step() >= 0 and woken == [True, False], why="it is not")


def test_a_drain_that_is_heard_of_is_published_and_so_is_its_end(any_store: Store) -> None:
    draining = Draining("10.0.0.1")
    worker = presence(any_store, [], draining)
    worker.step()
    assert not says(any_store)
    put(any_store, KEY, pack_drain(ANN))
    draining.look(any_store)
    worker.step()
    assert says(any_store)
    gone = delete(any_store, KEY).revision
    draining.hear(Changes("/cron/drain/", (Change(KEY, gone, None),)))
    worker.step()
    assert not says(any_store)
    worker.close()


def test_each_time_it_is_drained_it_says_when_all_has_started_that_it_took_before(
    any_store: Store,
) -> None:
    draining = Draining("10.0.0.1")
    worker = presence(any_store, [], draining)
    worker.step()
    seen = [says(any_store, "ahead")]
    for _ in range(2):
        put(any_store, KEY, pack_drain(ANN))
        draining.look(any_store)
        worker.step()
        seen.append(says(any_store, "ahead"))
        worker.rest()
        worker.step()
        seen.append(says(any_store, "ahead"))
        draining.hear(
            Changes("/cron/drain/", (Change(KEY, delete(any_store, KEY).revision, None),))
        )
        worker.step()
    assert seen == [False, True, False, True, False]
    worker.close()


@pytest.mark.parametrize("reason", ["", "\ud800", "x" * 9000])
def test_who_drained_it_is_told_to_the_others_whatever_lies_there(
    reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    draining = Draining("me")
    assert draining.told == ""
    entry = Entry(keys.drain("me"), pack_drain(Drain("ann", 5, reason)), 7, 7, 0)
    draining.hear(Changes("/cron/drain/", (Change(entry.key, 7, entry),)))
    assert draining.told.startswith("drained by ann")
    assert not [line for line in caplog.messages if "\ud800" in line]
    assert len(draining.told.encode()) <= 200


def test_a_worker_that_stops_says_so_whoever_undrains_it(any_store: Store) -> None:
    draining = Draining("10.0.0.1")
    worker = presence(any_store, [], draining)
    worker.step()
    worker.drain()
    draining.hear(Snapshot("/cron/drain/", 99, ()))
    worker.step()
    assert says(any_store)
    worker.close()


def test_what_is_read_late_does_not_undo_what_was_heard(any_store: Store) -> None:
    draining = Draining("10.0.0.1")
    put(any_store, KEY, pack_drain(ANN))
    draining.hear(Snapshot("/cron/drain/", 1 << 40, ()))
    draining.look(any_store)
    assert not draining.is_on


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"by":7,"at":"x","reason":null}'])
def test_whatever_lies_under_its_key_drains_a_worker(any_store: Store, value: bytes) -> None:
    put(any_store, KEY, value)
    draining = Draining("10.0.0.1")
    draining.look(any_store)
    assert draining.is_on
    assert unpack_drain(value) == Drain()


def test_a_drain_is_read_as_it_was_packed() -> None:
    assert unpack_drain(pack_drain(ANN)) == ANN
    assert str(ANN) == "drained by ann (new disks)"
