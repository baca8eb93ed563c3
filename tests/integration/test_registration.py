"""What a worker says of itself in the registry: when it is put, and put again, and by whom."""

import json

import pytest

from common import keys
from common.store import Store, put
from tests.integration.presenting import presence, registration
from tests.turned_clock import TurnedClock
from worker.members import Member


def test_a_registration_that_is_gone_comes_again(any_store: Store) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    registered = any_store.get(keys.worker("10.0.0.1"))
    assert registered
    any_store.revoke(registered.lease)
    worker.wake()
    worker.step()
    assert any_store.get(keys.worker("10.0.0.1"))
    worker.close()


def test_a_registration_is_put_again_each_minute_and_when_the_clock_was_set(
    any_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock = TurnedClock()
    worker = presence(any_store, [], clock)
    with caplog.at_level("INFO"):
        worker.step()
        revisions = []
        for seconds, shift_ms in ((1, 0), (1, 0), (60, 0), (1, 3_600_000), (1, 0)):
            clock.turn(seconds)
            clock.now_ms += shift_ms
            worker.wake()
            worker.step()
            registered = any_store.get(keys.worker("10.0.0.1"))
            assert registered
            revisions.append(registered.revision)
    first, second, old, stepped, soon = revisions
    assert first == second < old < stepped == soon
    assert caplog.text.count("registered as") == 1
    worker.close()


@pytest.mark.parametrize("reached", ["took it first", "took it while we were cut off"])
def test_a_name_that_another_holds_is_not_taken_before_that_lease_has_ended(
    any_store: Store, caplog: pytest.LogCaptureFixture, reached: str
) -> None:
    first, second = (presence(any_store, [], TurnedClock()) for _ in range(2))
    if reached == "took it while we were cut off":
        second.step()
        assert second.may_claim()
        registered = any_store.get(keys.worker("10.0.0.1"))
        assert registered
        any_store.revoke(registered.lease)
    first.step()
    caplog.clear()
    for _ in range(3):
        second.wake()
        second.step()
    assert caplog.text.count("/cron/workers/10.0.0.1 is in use by another worker, host h1") == 1
    assert first.holds()
    assert first.holds().incarnation in caplog.text  # type: ignore[union-attr]
    assert second.may_claim() is None
    cut_off = second.holds()
    assert bool(cut_off) is (reached != "took it first")
    assert second.await_ready(0) is bool(cut_off)
    first.close()
    second.wake()
    second.step()
    assert second.may_claim()
    assert cut_off in (None, second.holds())
    second.close()
    assert any_store.snapshot("/cron/").entries == ()


@pytest.mark.parametrize("value", [b"", b"{garbage", b'{"room": 1}'])
def test_a_registration_that_something_else_wrote_over_comes_again(
    any_store: Store, value: bytes
) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    standing = worker.holds()
    assert standing
    put(any_store, keys.worker("10.0.0.1"), value)
    worker.wake()
    worker.step()
    registered = any_store.get(keys.worker("10.0.0.1"))
    assert registered
    assert registered.value == registration(standing.incarnation, Member("10.0.0.1"))
    assert registered.lease not in (0, standing.lease)
    worker.close()


def test_a_new_incarnation_is_told_in_the_registration(any_store: Store) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    first = worker.holds()
    assert first
    worker.renounce(first.incarnation)
    worker.step()
    second = worker.holds()
    assert second
    registered = any_store.get(keys.worker("10.0.0.1"))
    assert registered
    assert registered.value == registration(second.incarnation, Member("10.0.0.1"))
    worker.close()


def test_a_worker_says_when_it_is_full_and_when_it_has_room_again(any_store: Store) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    for room in (False, True):
        worker.publish(room)
        worker.step()
        registered = any_store.get(keys.worker("10.0.0.1"))
        assert registered
        assert json.loads(registered.value)["room"] is room
        assert registered.lease != 0
    worker.close()


def test_a_worker_that_is_about_to_end_says_so_and_stays_registered(any_store: Store) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    worker.drain()
    worker.step()
    registered = any_store.get(keys.worker("10.0.0.1"))
    assert registered
    assert json.loads(registered.value)["draining"] is True
    assert json.loads(registered.value)["room"] is True
    worker.close()
