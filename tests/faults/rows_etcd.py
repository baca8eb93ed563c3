"""Rows 11-13: what happens to all of etcd."""

import pytest

from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import pause

OUTAGE_SECONDS = 8.0
"""Longer than the leases last."""


def test_row_11_a_leader_that_is_killed_costs_three_seconds_at_most(trial: Trial) -> None:
    ticks = trial.job(1)
    ticks.wait_start()
    incarnations = [station.incarnations() for station in trial.fleet.stations]
    with trial.fault("leader killed"):
        leader = trial.fleet.etcd.leader()
        leader.kill()
        killed = now_ms()
        ticks.wait_start(killed + 2000)
        leader.start()
    ticks.wait_start(now_ms())
    late = max(trial.lateness(start) for start in ticks.starts())
    assert late < 4000 + 1000 * trial.pulse.lost(killed)
    assert [station.incarnations() for station in trial.fleet.stations] == incarnations


def test_row_12_a_leader_that_freezes_costs_five_seconds_at_most(trial: Trial) -> None:
    ticks = trial.job(1)
    ticks.wait_start()
    with trial.fault("leader frozen"):
        leader = trial.fleet.etcd.leader()
        leader.freeze()
        frozen = now_ms()
        ticks.wait_start(frozen + 5000)
        pause(max(0.0, OUTAGE_SECONDS - (now_ms() - frozen) / 1000))
        leader.thaw()
    ticks.wait_start(now_ms())
    late = max(trial.lateness(start) for start in ticks.starts())
    assert late < 6000 + 1000 * trial.pulse.lost(frozen)


@pytest.mark.parametrize("nodes", [2, 3], ids=["quorum", "all"])
def test_row_13_without_etcd_nothing_starts_and_what_runs_is_recorded(
    trial: Trial, nodes: int
) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 5", name="long")
    long.wait_start()
    with trial.fault(f"{nodes} nodes down"):
        for node in trial.fleet.etcd.nodes[:nodes]:
            node.kill()
        down = now_ms()
        before = [station.daemon.cpu_seconds() for station in trial.fleet.stations]
        pause(OUTAGE_SECONDS)
        for station, cpu in zip(trial.fleet.stations, before, strict=True):
            used = station.daemon.cpu_seconds() - cpu
            assert used < 0.05 * OUTAGE_SECONDS, f"{station.name} used {used:.2f} s of CPU"
        trial.fleet.etcd.start()
        back = now_ms()
    first = ticks.wait_start(back - 1000)
    assert first.began - trial.boot(back) < 3 + trial.pulse.lost(back)
    quiet = range(down + 500, back - 1000)
    assert [s for s in ticks.starts() if round(trial.instant(s)) in quiet] == []
