"""The worker's leases: they hold, they end, and everybody concerned hears of it."""

import pytest

from common import keys
from common.clock import SystemClock
from common.loop import Loop
from common.store import Store, delete
from tests.integration.presenting import IDENTITY, presence, registration
from tests.turned_clock import TurnedClock
from tests.waiting import until
from worker.events import Arisen, Event, Inherited, LeaseLost
from worker.members import Member
from worker.presence import Presence
from worker.pulse import Pulse
from worker.watchdog import Watchdog


def test_a_worker_appears_with_an_incarnation_and_a_registration(any_store: Store) -> None:
    heard: list[Event] = []
    worker = presence(any_store, heard, TurnedClock())
    worker.step()
    standing = worker.holds()
    assert standing
    assert heard == [Inherited(), Arisen(standing.incarnation, standing.lease)]
    alive = any_store.get(keys.alive(standing.incarnation))
    registered = any_store.get(keys.worker("10.0.0.1"))
    assert alive
    assert alive.lease == standing.lease
    assert registered
    assert registered.value == registration(standing.incarnation, Member("10.0.0.1"))
    assert registered.lease not in (0, standing.lease)
    worker.close()


def test_a_worker_that_ends_gives_its_keys_back(any_store: Store) -> None:
    worker = presence(any_store, [], TurnedClock())
    worker.step()
    worker.close()
    assert any_store.snapshot("/cron/").entries == ()


def test_a_worker_that_never_appeared_ends_as_well(any_store: Store) -> None:
    presence(any_store, [], TurnedClock()).close()


def test_a_lease_holds_until_before_its_end_and_no_longer(any_store: Store) -> None:
    clock = TurnedClock()
    worker = presence(any_store, [], clock)
    worker.step()
    clock.turn(28.9)
    assert worker.holds()
    clock.turn(0.2)
    assert worker.holds() is None
    worker.wake()
    worker.step()
    assert worker.holds()
    worker.close()


def test_a_lease_that_is_gone_means_a_new_incarnation(any_store: Store) -> None:
    heard: list[Event] = []
    worker = presence(any_store, heard, TurnedClock())
    worker.step()
    first = worker.holds()
    assert first
    any_store.revoke(first.lease)
    worker.wake()
    worker.step()
    second = worker.holds()
    assert second
    assert second.incarnation != first.incarnation
    assert heard[2:] == [LeaseLost(first.incarnation), Arisen(second.incarnation, second.lease)]
    worker.close()


def test_each_renewal_is_told_with_the_deadline_that_it_gives(any_store: Store) -> None:
    clock, told = TurnedClock(), list[tuple[str, float]]()
    worker = Presence(
        any_store, clock, IDENTITY, 30, 10, lambda event: None, lambda *news: told.append(news)
    )
    for _ in range(3):
        worker.wake()
        worker.step()
        standing = worker.holds()
        assert standing
        assert told[-1] == (standing.incarnation, standing.deadline)
        clock.turn(3)
    deadlines = [deadline for _, deadline in told]
    assert deadlines == [deadlines[0], deadlines[0] + 3, deadlines[0] + 6]
    worker.close()


def test_the_watchdog_tells_once_when_a_deadline_passes(any_store: Store) -> None:
    heard: list[Event] = []
    clock = TurnedClock()
    worker = presence(any_store, [], clock)
    watchdog = Watchdog(worker, clock, heard.append)
    worker.step()
    standing = worker.holds()
    assert standing
    clock.turn(29.5)
    for _ in range(2):
        watchdog.wake()
        watchdog.step()
    assert heard == [LeaseLost(standing.incarnation)]
    worker.close()


def test_the_watchdog_is_woken_by_no_renewal_that_puts_its_deadline_off(any_store: Store) -> None:
    clock = TurnedClock()
    worker = presence(any_store, [], clock)
    worker.step()
    assert worker.changed.is_set()
    worker.changed.clear()
    clock.turn(3)
    worker.wake()
    worker.step()
    assert not worker.changed.is_set()
    clock.turn(29.5)
    worker.wake()
    worker.step()
    assert worker.changed.is_set()
    worker.close()


@pytest.mark.parametrize("lose", ["alive", "nothing"])
def test_a_thread_of_it_starts_and_stops(any_store: Store, lose: str) -> None:
    heard: list[Event] = []
    deaths: list[str] = []
    worker = Presence(any_store, SystemClock(), IDENTITY, 30, 10, heard.append)
    loop = Loop(worker, lambda name, error: deaths.append(name))
    loop.start()
    standing = until(worker.holds)
    if lose == "alive":
        delete(any_store, keys.alive(standing.incarnation))
        worker.renounce(standing.incarnation)
        until(lambda: worker.holds() and worker.holds() != standing)
    loop.ask()
    assert loop.join(60)
    assert deaths == []


def test_leases_are_renewed_only_while_the_scheduler_ticks(
    any_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    clock = TurnedClock()
    pulse = Pulse(clock, 30)
    worker = Presence(any_store, clock, IDENTITY, 30, 10, lambda event: None, pulse=pulse)
    worker.wake()
    worker.step()
    pulse.beat()
    first = worker.standing
    clock.turn(11)
    for _ in range(3):
        worker.wake()
        worker.step()
    assert worker.standing == first
    assert caplog.text.count("the scheduler has not ticked for 11 s") == 1
    pulse.beat()
    worker.wake()
    worker.step()
    assert worker.standing
    assert worker.standing != first
    worker.close()
