"""Passes of retention over records of some days ago, as tests make them."""

from __future__ import annotations

from dataclasses import replace

from common.constants import KEEPER_TIME_KEY
from common.keep_rules import KeepRules
from common.log_store import JobLogFilter, LogStore
from common.record import JobLog
from common.store import Store, put
from master.keeper_state import KeeperState
from master.retention import PASS_SECONDS, Retention
from master.retention_time import DAY_MS, RetentionTime
from tests.contract.log_store_room import run
from tests.turned_clock import TurnedClock

NOW = 1_800_000_000_000
ALL = 100_000


class Pass:
    """Runs passes of retention by some rules, step by step."""

    def __init__(self, logs: LogStore, store: Store, rules: KeepRules) -> None:
        self.clock = TurnedClock(NOW)
        state = KeeperState(store, "me", self.clock.wall_ms)
        put(store, KEEPER_TIME_KEY, b"%d" % NOW)
        time = RetentionTime(store, logs, self.clock, self.clock.wall_ms)
        self.retention = Retention(logs, rules, state, self.clock, time)
        self.retention.step()

    def run(self) -> int:
        """One pass to its end; in how many steps."""
        steps = 1
        while self.retention.step() != PASS_SECONDS:
            steps += 1
        return steps


def old(days: float, name: str = "a", **fields: object) -> JobLog:
    """A record of so many days ago."""
    start = NOW - round(days * DAY_MS)
    usual = {"run_id": f"{name}@{start}", "outcome": "success", "end_time": start + 1}
    return replace(
        run(name, 0),
        start_time=start,
        plan_time=start,
        **(usual | fields),  # type: ignore[arg-type]
    )


def left(logs: LogStore, name: str = "a") -> list[float]:
    """How many days ago the job's records are, newest first."""
    return [(NOW - each.start_time) / DAY_MS for each in logs.read(JobLogFilter(name), 0, ALL)]
