"""How a master tells its clock to all others."""

import pytest

from common.clock_news import pack_clock
from common.constants import CLOCK_DIR
from common.errors import StoreLost
from common.store import Entry, Outcome, Store, Transaction
from master.clock_teller import ClockTeller
from tests.turned_clock import TurnedClock

KEY = CLOCK_DIR + "host:8070"


class Away:
    """A real store that at times does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Do it, or answer nothing."""
        if self.away:
            raise StoreLost("no answer")
        return self._store.commit(transaction, timeout)


class Desk:
    """A teller that is stepped by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.way = Away(store)
        self.clock = TurnedClock()
        self.teller = ClockTeller(self.way, self.clock, KEY)  # type: ignore[arg-type]
        self.teller.wake()

    def tell(self, seconds: float = 0, shift_ms: int = 0) -> Entry | None:
        """Let time pass, or set the clock, make a step, and read what is told."""
        self.clock.turn(seconds)
        self.clock.now_ms += shift_ms
        self.teller.step()
        return self.store.get(KEY)


@pytest.fixture
def desk(any_store: Store) -> Desk:
    """One on an empty store of each kind."""
    return Desk(any_store)


def test_the_clock_is_told_every_ten_seconds_under_one_lease(desk: Desk) -> None:
    first = desk.tell()
    assert first
    assert (first.value, first.lease != 0) == (pack_clock(desk.clock.now_ms), True)
    assert desk.tell(5) == first
    second = desk.tell(5)
    assert second
    assert (second.value, second.lease) == (pack_clock(desk.clock.now_ms), first.lease)


def test_a_clock_that_was_set_is_told_at_once(desk: Desk) -> None:
    desk.tell()
    told = desk.tell(1, 3_600_000)
    assert told
    assert told.value == pack_clock(desk.clock.now_ms)


def test_what_was_not_told_is_told_with_the_next_step_and_said_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.way.away = True
    for _ in range(3):
        assert desk.tell(1) is None
    assert caplog.text.count("clock is not told (no answer)") == 1
    desk.way.away = False
    assert desk.tell(1)


def test_a_lease_that_is_gone_is_made_anew(desk: Desk) -> None:
    first = desk.tell()
    assert first
    desk.store.revoke(first.lease)
    second = desk.tell(10)
    assert second
    assert second.lease not in (0, first.lease)


def test_a_master_that_ends_takes_its_clock_away(desk: Desk) -> None:
    desk.teller.close()
    desk.tell()
    desk.teller.close()
    assert desk.store.get(KEY) is None
