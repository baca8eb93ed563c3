"""Retention where something is in its way: a clock, an outage, a slow log store."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import ClockOff, LogStoreLost, LogStoreRefused, LogStoreSlow
from common.keep_rules import KeepRules
from common.log_store import LogBatch
from common.record import FAILED, LOST
from common.search import Position, Search
from common.sqlite_log import SqliteLogStore
from common.store import Store
from master.keeper_state import KeeperState, read_state
from master.retention import Retention
from master.retention_age import oldest_ms
from master.retention_time import RetentionTime
from tests.integration.retaining import NOW, Pass, left, old
from tests.turned_clock import TurnedClock


def test_by_a_clock_that_is_off_nothing_goes(store: Store, tmp_path: Path) -> None:
    def off() -> int:
        raise ClockOff("a year ahead")

    logs = SqliteLogStore(tmp_path / "log.db")
    logs.write(LogBatch((old(1000),)))
    state = KeeperState(store, "me", lambda: NOW)
    clock = TurnedClock(NOW)
    time = RetentionTime(store, logs, clock, off)
    retention = Retention(logs, KeepRules(days=1, failed_days=4), state, clock, time)
    with pytest.raises(ClockOff):
        retention.step()
    assert left(logs) == [1000]
    assert read_state(store) == {"by": "me", "problem": "a year ahead"}
    logs.close()


def test_a_pass_that_broke_off_is_begun_anew(store: Store, tmp_path: Path) -> None:
    class Away(SqliteLogStore):
        """Is away once."""

        away = True

        def older(self, wanted: Search, limit: int) -> list[Position]:
            """As ever, but for the first time."""
            if self.away:
                self.away = False
                raise LogStoreLost("no answer")
            return super().older(wanted, limit)

    logs = Away(tmp_path / "log.db")
    logs.write(LogBatch((old(1000),)))
    keeping = Pass(logs, store, KeepRules(days=1, failed_days=4))
    with pytest.raises(LogStoreLost):
        keeping.run()
    assert (read_state(store) or {})["problem"] == "no answer"
    keeping.run()
    assert (read_state(store) or {})["problem"] == ""
    assert left(logs) == []
    assert oldest_ms(logs, NOW) is None
    logs.close()


def test_what_is_not_found_in_time_is_left_and_said_and_the_rest_goes(
    store: Store, tmp_path: Path
) -> None:
    class Slow(SqliteLogStore):
        """Does not find what was lost."""

        def older(self, wanted: Search, limit: int) -> list[Position]:
            """As ever, but for that."""
            if wanted.outcomes == (LOST,):
                raise LogStoreSlow("the search took longer than it may")
            return super().older(wanted, limit)

    logs = Slow(tmp_path / "log.db")
    logs.write(LogBatch((old(50, outcome=LOST), old(51, outcome=FAILED), old(52))))
    Pass(logs, store, KeepRules(days=1, failed_days=4)).run()
    assert left(logs) == [50]
    state = read_state(store)
    assert state is not None
    assert (
        state["problem"] == "what is to go of records whose outcome is 'lost' was not found in time"
    )
    logs.close()


def test_a_size_that_we_may_not_ask_for_is_not_known_and_matters_to_its_rule_alone(
    store: Store, tmp_path: Path
) -> None:
    class Closed(SqliteLogStore):
        """Does not tell how much there is."""

        def size_bytes(self) -> int:
            """Refuses that."""
            raise LogStoreRefused("not authorized on cron to execute command collStats")

    logs = Closed(tmp_path / "log.db")
    logs.write(LogBatch((old(50), old(1))))
    Pass(logs, store, KeepRules(days=10, failed_days=40)).run()
    assert left(logs) == [1]
    state = read_state(store)
    assert state is not None
    assert (state["removed"], state["bytes"], state["problem"]) == ({"age": 1}, None, "")
    with pytest.raises(LogStoreRefused):
        Pass(logs, store, KeepRules(bytes=1)).run()
    assert "not authorized" in (read_state(store) or {})["problem"]
    logs.close()


def test_what_is_too_large_and_too_young_by_a_time_that_is_behind_says_how_far(
    store: Store, tmp_path: Path
) -> None:
    logs = SqliteLogStore(tmp_path / "log.db")
    logs.write(LogBatch(tuple(old(0, run_id=f"r{n}", output="x" * 5000) for n in range(20))))
    keeping = Pass(logs, store, KeepRules(bytes=1000))
    keeping.clock.now_ms += 40 * 60_000
    keeping.run()
    said = "nothing older than a minute is left (failed: than four), by a time 0:40:00 behind"
    assert said in (read_state(store) or {})["problem"]
    logs.close()
