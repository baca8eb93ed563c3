"""What a daemon knows of the right time when it starts."""

from __future__ import annotations

import threading
import time

import pytest

from common.clock import SystemClock
from common.fleet_time import FleetTime

HOUR_MS = 3_600_000


class HeldLogs:
    """A log store's clock an hour ahead that answers once it is let; all that is asked of it."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def clock(self) -> int:
        """What the log store's clock says."""
        self.let.wait(60)
        return SystemClock().wall_ms() + HOUR_MS


def test_a_start_waits_for_the_log_stores_clock_and_knows_then_that_ours_is_wrong() -> None:
    logs = HeldLogs()
    fleet_time = FleetTime(SystemClock(), logs, "me", "claiming nothing")  # type: ignore[arg-type]
    logs.let.set()
    fleet_time.start()
    assert fleet_time.ours.trusted_ms() is None


def test_a_start_waits_only_once_for_a_log_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("common.fleet_time.FIRST_SECONDS", 0.05)
    logs = HeldLogs()
    fleet_time = FleetTime(SystemClock(), logs, "me", "claiming nothing")  # type: ignore[arg-type]
    begun = time.monotonic()
    fleet_time.start()
    fleet_time.start()
    assert time.monotonic() - begun < 30, "it is waited for, though it does not answer"
    assert fleet_time.ours.trusted_ms() is not None
    fleet_time.ask()
    assert fleet_time.join(0.0)
    logs.let.set()
