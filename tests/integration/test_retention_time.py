"""The time by which records get old: clocks that are ahead, behind, set, or not to be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.constants import KEEPER_TIME_KEY
from common.errors import ClockOff
from common.log_store import LogBatch
from common.search import Found, Position, Search
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from master.retention_time import DAY_MS, FIRST_MS, RetentionTime
from tests.contract.log_store_room import T, run
from tests.turned_clock import TurnedClock

NOW = 1_800_000_000_000
HOUR_MS = 3_600_000
YEAR_MS = 365 * DAY_MS


class Logs(SqliteLogStore):
    """With a clock of its own, as MongoDB has one, where the test gives it one."""

    theirs: int | None = None

    def clock(self) -> int | None:
        """What the test says."""
        return self.theirs


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    """A log store without records."""
    opened = Logs(tmp_path / "log.db")
    yield opened
    opened.close()


def timed(store: Store, logs: Logs, clock: TurnedClock) -> RetentionTime:
    """A new keeper's time."""
    time = RetentionTime(store, logs, clock, clock.wall_ms)
    time.begin()
    return time


def kept(store: Store) -> int:
    """What the store tells of it."""
    entry = store.get(KEEPER_TIME_KEY)
    assert entry is not None
    return int(entry.value)


def test_it_goes_with_a_clock_that_goes_right(store: Store, logs: Logs) -> None:
    clock = TurnedClock(NOW)
    time = timed(store, logs, clock)
    for hour in range(3):
        assert time.now() == kept(store) == NOW + hour * HOUR_MS
        assert time.problem == ""
        clock.turn(3600)


def test_a_clock_that_jumps_a_year_ahead_makes_records_old_five_times_as_fast_at_most(
    store: Store, logs: Logs, caplog: pytest.LogCaptureFixture
) -> None:
    clock = TurnedClock(NOW)
    time = timed(store, logs, clock)
    clock.now_ms += YEAR_MS
    assert time.now() == NOW
    assert time.problem.startswith("records get old by a time 365.0 days behind the clock of this")
    for hour in (1, 2):
        clock.turn(3600)
        assert time.now() == NOW + 5 * hour * HOUR_MS
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    clock.now_ms -= YEAR_MS
    assert time.now() == NOW + 2 * HOUR_MS
    assert time.problem == ""


def test_it_is_not_forgotten_by_a_restart_with_a_clock_that_is_ahead(
    store: Store, logs: Logs
) -> None:
    timed(store, logs, TurnedClock(NOW))
    clock = TurnedClock(NOW + YEAR_MS, boot=5.0)
    time = timed(store, logs, clock)
    assert time.now() == NOW
    clock.turn(60)
    assert time.now() == NOW + 5 * 60_000


def test_a_machine_that_was_off_for_the_night_has_caught_up_by_the_evening(
    store: Store, logs: Logs
) -> None:
    timed(store, logs, TurnedClock(NOW))
    clock = TurnedClock(NOW + 16 * HOUR_MS, boot=5.0)
    time = timed(store, logs, clock)
    assert time.now() == NOW
    clock.turn(8 * 3600)
    assert time.now() == clock.wall_ms()


def test_at_the_very_first_it_is_when_the_newest_record_began(store: Store, logs: Logs) -> None:
    logs.write(LogBatch((run("a", 0, start_time=NOW - 7), run("a", 1))))
    assert timed(store, logs, TurnedClock(NOW + YEAR_MS)).now() == NOW - 7
    assert kept(store) == NOW - 7


def test_a_newest_record_that_is_not_found_at_once_is_looked_for_further_on(
    store: Store, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.write(LogBatch((run("a", 0, start_time=NOW - 7),)))
    look, pages = logs.search, iter([Found([], Position(NOW, "z"), NOW, False)] * 3)

    def slow(wanted: Search, after: Position | None, limit: int) -> Found:
        return next(pages, None) or look(wanted, after, limit)

    monkeypatch.setattr(logs, "search", slow)
    timed(store, logs, TurnedClock(NOW + YEAR_MS))
    assert kept(store) == NOW - 7


def test_a_record_of_the_future_is_no_time(store: Store, logs: Logs) -> None:
    logs.write(LogBatch((run("a", 0, start_time=NOW + YEAR_MS),)))
    timed(store, logs, TurnedClock(NOW))
    assert kept(store) == NOW


@pytest.mark.parametrize("told", [b"whenever", b"5", b"%d" % (FIRST_MS - 1)])
def test_a_time_that_no_clock_told_that_was_set_bounds_nothing(
    store: Store, logs: Logs, told: bytes
) -> None:
    put(store, KEEPER_TIME_KEY, told)
    clock = TurnedClock(T)
    time = timed(store, logs, clock)
    assert T < FIRST_MS
    assert time.now() == T
    clock.now_ms = NOW
    assert time.now() == kept(store) == NOW


def test_the_log_stores_clock_counts_where_it_is_behind(store: Store, logs: Logs) -> None:
    clock = TurnedClock(NOW)
    time = timed(store, logs, clock)
    logs.theirs = NOW - HOUR_MS
    assert time.now() == NOW - HOUR_MS
    assert kept(store) == NOW
    logs.theirs = NOW + HOUR_MS
    assert time.now() == NOW


def test_a_clock_that_is_not_to_be_trusted_gives_no_time(store: Store, logs: Logs) -> None:
    def off() -> int:
        raise ClockOff("an hour ahead")

    time = RetentionTime(store, logs, TurnedClock(NOW), off)
    with pytest.raises(ClockOff):
        time.begin()
    put(store, KEEPER_TIME_KEY, b"%d" % NOW)
    time.begin()
    with pytest.raises(ClockOff):
        time.now()
    assert kept(store) == NOW
