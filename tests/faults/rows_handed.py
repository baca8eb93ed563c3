"""Row 38 again: runs that wait at a worker that may run nothing, and are to wait elsewhere."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from tests.faults.gated import Gated
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import pause, until

EVERY = 6
LONG_LEASE = {"lost_after_seconds": 25.0}
AT_ONCE_SECONDS = 4.0
"""What a handing over may take: half a second until the next try, and two writes."""
BUSY = 0.25


@pytest.fixture
def gates(trial: Trial) -> Iterator[Gated]:
    """A job that queues, whose first run is held."""
    made = Gated(trial, EVERY, overlap="queue")
    yield made
    made.let_go()


def elsewhere(gates: Gated, run_id: str, owner: Station) -> None:
    """Check that another worker soon owns the waiting run, and starts it soon after its turn."""

    def moved() -> bool:
        holder = gates.owed(run_id).get("incarnation", "")
        return bool(holder) and holder.rpartition(".")[0] != owner.identity

    until(moved, AT_ONCE_SECONDS, "another worker owns it")
    since = now_ms()
    gates.let_go()
    start = gates.wait_start_of(run_id, gates.trial.fleet.lost_after)
    assert gates.trial.instant(start) - since <= 1000 * AT_ONCE_SECONDS


@pytest.mark.parametrize("fleet", [LONG_LEASE], indirect=True)
def test_row_38_its_owner_is_drained_and_another_goes_on_at_once(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    gates.trial.fleet.drain(owner)
    elsewhere(gates, run_id, owner)


@pytest.mark.parametrize("fleet", [LONG_LEASE], indirect=True)
def test_row_38_its_owner_s_clock_goes_wrong_and_another_goes_on(gates: Gated) -> None:
    gates.trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    with gates.trial.fault("the owner's clock an hour ahead"):
        owner.clock.shift(3600)
        until(lambda: "ahead of" in owner.log(), why="it sees that its clock is off")
        elsewhere(gates, run_id, owner)
        owner.clock.shift(0)


def test_row_38_its_owner_s_clock_goes_wrong_and_nobody_else_is_there(gates: Gated) -> None:
    fleet = gates.trial.fleet
    run_id, owner = gates.wait_waiting()
    for station in fleet.stations:
        if station is not owner:
            fleet.drain(station)
    with gates.trial.fault("the owner's clock an hour ahead, the others drained"):
        owner.clock.shift(3600)
        until(lambda: "ahead of" in owner.log(), why="it sees that its clock is off")
        pause(1.0)
        assert _load(owner, 3.0) < BUSY
        assert gates.owed(run_id)["state"] == "waiting"
        owner.clock.shift(0)
        gates.let_go()
        gates.wait_start_of(run_id, fleet.lost_after)


def _load(station: Station, seconds: float) -> float:
    """How much of a processor its main process needs."""
    process = psutil.Process(station.daemon.child.pid)
    before = sum(process.cpu_times()[:2])
    pause(seconds)
    return (sum(process.cpu_times()[:2]) - before) / seconds


@pytest.mark.parametrize("fleet", [{**LONG_LEASE, "stop_timeout_seconds": 12.0}], indirect=True)
def test_row_38_its_owner_stops_and_another_goes_on_while_other_runs_end(gates: Gated) -> None:
    trial = gates.trial
    trial.fleet.drain(gates.runner)
    run_id, owner = gates.wait_waiting()
    other = trial.job(60, "sleep 10", name="other")
    other.run(on=owner)
    start = until(lambda: next(iter(other.starts()), None), why="the owner runs something else")
    with trial.fault("the owner told to stop"):
        os.kill(owner.daemon.child.pid, signal.SIGTERM)
        elsewhere(gates, run_id, owner)
        assert other.record(start).outcome == "success"
        until(lambda: not owner.running, why="it has ended")
        owner.start()
