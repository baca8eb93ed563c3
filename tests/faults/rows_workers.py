"""Rows 1-3 and 8-10: what happens to workers."""

import shutil

from tests.faults.bench_job import Job
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.witness import Start
from tests.waiting import pause, until

RUNS = 90
"""Of as many jobs, all at once."""
FREEZE_SECONDS = 8.0
"""Longer than the leases last."""


def holder(trial: Trial, job: Job) -> tuple[Start, Station]:
    """A run of the job that goes on, and the worker whose it is."""
    start = job.wait_start()
    station = trial.fleet.station_of(start.parent)
    assert station
    return start, station


def over(job: Job, start: Start) -> bool:
    """Whether nothing of a run is alive."""
    return start.run_id not in job.alive().values()


def starts_elsewhere(trial: Trial, job: Job, start: Start, station: Station, since: int) -> Start:
    """The job's next start after its worker was lost at `since`: in time, and by another."""
    again = job.wait_start(start.plan, timeout=trial.fleet.lost_after + 10)
    assert trial.fleet.station_of(again.parent) is not station
    assert again.plan - since <= trial.fleet.lost_after * 1000 + 2000
    return again


def test_row_1_a_worker_killed_with_a_run_loses_that_run_alone(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start, station = holder(trial, long)
    with trial.fault("worker killed"):
        station.kill()
        killed = now_ms()
        ticks.wait_start(killed + 1000)
        record = long.record(start, trial.fleet.lost_after + 2 - (now_ms() - killed) / 1000)
        assert (record.outcome, record.marked) == ("lost", True)
        starts_elsewhere(trial, long, start, station, killed)
        until(lambda: over(long, start), 30, "its executors end the run")
        station.start()
    trial.served_by(station)


def test_row_2_a_frozen_main_process_starts_nothing_stale_when_it_thaws(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start, station = holder(trial, long)
    with trial.fault("main process frozen"):
        station.freeze()
        frozen = now_ms()
        ticks.wait_start(frozen + 1000)
        starts_elsewhere(trial, long, start, station, frozen)
        pause(max(0.0, FREEZE_SECONDS - (now_ms() - frozen) / 1000))
        station.thaw()
        thawed = now_ms()
    until(lambda: station.identity in trial.fleet.registered(), why="it is registered")
    trial.served_by(station)
    assert not over(long, start), "the run that outlived the freeze goes on"
    theirs = [s.plan for s in ticks.starts() if s.parent in station.executors]
    assert [plan for plan in theirs if frozen + 500 < plan < thawed - 500] == []


def test_row_2_a_frozen_main_process_does_not_keep_a_run_that_is_cut_off_alive(
    trial: Trial,
) -> None:
    long = trial.job(2, "sleep 60", name="cut-off", cutOff="kill")
    start, station = holder(trial, long)
    with trial.fault("main process frozen"):
        station.freeze()
        again = starts_elsewhere(trial, long, start, station, now_ms())
        assert again.alone, "the first run was still alive"
        assert over(long, start)
        station.thaw()
    record = long.wait_record(lambda r: r.run_id == start.run_id and r.outcome == "killed", 20)
    assert record.reason == "its worker could not renew its lease (cutOff is kill)"
    trial.served_by(station)


def test_row_3_a_worker_that_is_paused_with_its_jobs_runs_each_instant_once(trial: Trial) -> None:
    trial.job(1, "sleep 0.1")
    long = trial.job(2, "sleep 60", name="long")
    start, station = holder(trial, long)
    with trial.fault("host paused"):
        station.freeze_host()
        paused = now_ms()
        starts_elsewhere(trial, long, start, station, paused)
        pause(max(0.0, FREEZE_SECONDS - (now_ms() - paused) / 1000))
        station.thaw()
    trial.served_by(station)


def test_row_8_a_worker_that_is_stopped_records_its_runs_and_leaves_nothing(trial: Trial) -> None:
    trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start, station = holder(trial, long)
    with trial.fault("worker stopped"):
        stopped = now_ms()
        assert station.daemon.child.stop(60) == 0, station.daemon.child.tail()
        assert now_ms() - stopped < 13_000
        assert over(long, start)
        record = long.record(start, 5)
        assert (record.outcome, record.output) == ("killed", f"{start.run_id}\n")
        assert station.identity not in trial.fleet.registered()
        again = long.wait_start(start.plan, timeout=5)
        assert trial.fleet.station_of(again.parent) is not station
        station.start()
    trial.served_by(station)


def test_row_9_a_host_that_loses_power_is_lost_with_its_runs_and_comes_back(trial: Trial) -> None:
    ticks = trial.job(1)
    long = trial.job(2, "sleep 60", name="long")
    start, station = holder(trial, long)
    with trial.fault("power cut"):
        station.kill_host()
        cut = now_ms()
        assert over(long, start)
        ticks.wait_start(cut + 1000)
        station.start()
        assert long.record(start, trial.fleet.lost_after + 2).outcome in ("lost", "unknown")
    trial.served_by(station)


def test_row_9_a_host_lost_with_its_disk_leaves_one_record_of_each_run(trial: Trial) -> None:
    trial.limits = {"late_ms": 30_000}
    jobs = trial.burst(RUNS, now_ms() + 8000, "sleep 15")
    until(lambda: len(trial.fleet.witness.starts()) == RUNS, why="all of them run")
    starts = trial.fleet.witness.starts()
    station = trial.fleet.station_of(starts[0].parent)
    assert station
    lost = {start.run_id for start in starts if start.parent in station.executors}
    with trial.fault("host and disk lost"):
        station.kill_host()
        shutil.rmtree(station.data)
        names = [job.name for job in jobs]
        seconds = 2 * trial.fleet.lost_after + 15
        until(lambda: len(trial.records_of(*names)) == RUNS, seconds, "all are recorded")
        told = {record.run_id: record.outcome for record in trial.records_of(*names)}
        station.start()
    assert {run_id for run_id, outcome in told.items() if outcome == "lost"} == lost
    assert {told[run_id] for run_id in told.keys() - lost} == {"success"}


def test_row_10_a_second_worker_of_the_same_name_refuses_to_work(trial: Trial) -> None:
    trial.job(1)
    first = trial.fleet.stations[0]
    trial.served_by(first)
    second = trial.fleet.twin(first)
    second.start(wait=False)
    until(lambda: first.identity in second.daemon.log() and "in use" in second.daemon.log(), 20)
    assert "worker is ready" not in second.daemon.log()
    with trial.fault("the first is killed"):
        first.kill_host()
        second.wait_ready(timeout=trial.fleet.lost_after + 10)
    trial.served_by(second)
