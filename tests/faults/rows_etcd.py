"""Rows 11-20: what happens to etcd, and to a worker's way to it."""

from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.wires import HOLE
from tests.waiting import pause, until

OUTAGE_SECONDS = 12.0
"""Longer than the leases last."""


def test_row_11_a_leader_that_is_killed_costs_three_seconds_at_most(trial: Trial) -> None:
    ticks = trial.job(1)
    ticks.wait_start()
    with trial.fault("leader killed"):
        leader = trial.fleet.etcd.leader()
        leader.kill()
        killed = now_ms()
        again = ticks.wait_start(killed + 1500)
        assert again.plan - killed < 5000
        leader.start()
    ticks.wait_start(now_ms())
    in_time = [s for s in ticks.starts() if trial.lateness(s) < 4000]
    assert len(in_time) == len(ticks.starts()), "the outage is three seconds, and a claim's own"
    assert all(station.daemon.log().count("incarnation") for station in trial.fleet.stations)


def test_row_13_without_etcd_nothing_starts_and_what_runs_is_recorded(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 5", name="long")
    long.wait_start()
    with trial.fault("all of etcd down"):
        trial.fleet.etcd.kill()
        down = now_ms()
        before = [station.daemon.cpu_seconds() for station in trial.fleet.stations]
        pause(OUTAGE_SECONDS)
        for station, cpu in zip(trial.fleet.stations, before, strict=True):
            share = (station.daemon.cpu_seconds() - cpu) / OUTAGE_SECONDS
            assert share < 0.05, f"{station.name} uses {share:.1%} of a core"
        trial.fleet.etcd.start()
        back = now_ms()
    first = ticks.wait_start(back - 1000)
    assert first.began - trial.boot(back) < 2 + 1
    during = [s for s in ticks.starts() if trial.boot(down) + 0.5 < s.began < trial.boot(back)]
    assert during == []


def test_row_14_a_worker_in_a_black_hole_starts_nothing_after_its_lease(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start = long.wait_start()
    station = trial.fleet.station_of(start.parent)
    assert station
    with trial.fault("black hole"):
        station.reach_etcd(HOLE)
        dark = now_ms()
        again = long.wait_start(start.plan, timeout=trial.fleet.lost_after + 10)
        assert "could not renew its lease in time" in station.log()
        assert trial.fleet.station_of(again.parent) is not station
        assert not [
            other
            for other in ticks.starts()
            if other.parent in station.executors
            and other.plan > dark + 1000 * trial.fleet.lost_after
        ]
        station.heal()
        healed = now_ms()
    until(lambda: trial.fleet.registered() == len(trial.fleet.stations), 5, "it is registered")
    ticks.wait_start(healed, by=station)
