"""Rows 39-43: retries, runs at once, pauses, drains and shares, while their workers are hurt."""

from tests.faults.bench_job import Job
from tests.faults.findings import LOCK, owed_of, value_of
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import pause, stays, until

DELAY_SECONDS = 4.0
MORE_SECONDS = 2.0
FREEZE_SECONDS = 8.0
AHEAD_MS = 250
"""So long before an instant it has been claimed by its worker, and is not started yet."""
SOON_SECONDS = 4.0


def owner(trial: Trial, job: Job, state: str) -> tuple[str, Station]:
    """A run of the job in that state, and the worker that holds it, waited for."""

    def found() -> tuple[str, str] | None:
        owed = owed_of(trial.fleet.etcd, job.name)
        return next(((i, d["incarnation"]) for i, d in owed.items() if d["state"] == state), None)

    run_id, incarnation = until(found, why=f"a run is {state}")
    identity = incarnation.rpartition(".")[0]
    return run_id, next(s for s in trial.fleet.stations if s.identity == identity)


def test_row_39_a_retry_whose_worker_dies_in_its_delay_is_made_by_another(trial: Trial) -> None:
    fails_once = "[ ${FLEETCRON_ATTEMPT} -gt 0 ]"
    job = trial.job(30, then=fails_once, retries=1, retryDelaySeconds=DELAY_SECONDS)
    run_id, station = owner(trial, job, "waiting")
    assert run_id.endswith("+1")
    with trial.fault("worker killed in the delay"):
        station.kill()
        patience = trial.fleet.lost_after + MORE_SECONDS + DELAY_SECONDS
        again = until(
            lambda: next((s for s in job.starts() if s.run_id == run_id), None), patience, "again"
        )
        assert trial.fleet.station_of(again.parent) is not station
        assert job.record(again).outcome == "success"
        station.start()
    assert {record.outcome for record in job.records()} == {"failed", "success"}


def test_row_40_a_run_at_once_does_not_wait_for_a_worker_that_is_frozen(trial: Trial) -> None:
    job = trial.job(30)
    start = job.wait_start(timeout=40)
    first = trial.fleet.station_of(start.parent)
    assert first
    until(lambda: value_of(trial.fleet.etcd, LOCK + job.name) is None, why="it let go of the lock")
    with trial.fault("the first in rank frozen"):
        first.freeze()
        order = job.run()
        assert len(order.runs) == 1
        record = job.wait_record(lambda r: r.run_id in order.runs, 10)
        assert record.outcome == "success"
        pause(FREEZE_SECONDS)
        first.thaw()
    trial.served_by(first)
    assert len([s for s in job.starts() if s.run_id in order.runs]) == 1


def test_row_41_a_pause_prevents_the_start_of_what_was_claimed_ahead(trial: Trial) -> None:
    job = trial.job(5)
    plan = job.wait_start().plan + 5000
    pause((plan - AHEAD_MS - now_ms()) / 1000)
    job.rest()
    stays(lambda: all(start.plan < plan for start in job.starts()), 2, "nothing starts at rest")
    pause(5.0)
    job.resume()
    assert job.wait_start(plan + 5000, timeout=15).plan > plan + 5000
    told = [record for record in job.records() if record.plan == plan and record.gap is None]
    assert [record.outcome for record in told] in (["not_started"], [])


def test_row_42_a_drained_worker_takes_nothing_also_after_its_restart(trial: Trial) -> None:
    jobs = [trial.job(1) for _ in range(6)]
    station = trial.fleet.stations[0]
    trial.served_by(station)
    with trial.fault("drained, and killed"):
        trial.fleet.drain(station)
        drained = now_ms()
        station.kill()
        station.start()
        jobs[0].wait_start(now_ms() + int(1000 * SOON_SECONDS))
        taken = [s for s in trial.fleet.witness.starts() if s.parent in station.executors]
        assert [s.run_id for s in taken if s.plan > drained + 2000] == []
        trial.fleet.heal()
    trial.served_by(station)


def test_row_43_a_frozen_worker_has_its_own_share_and_no_other_worker_runs_it(
    trial: Trial,
) -> None:
    job = trial.job(1, hosts="all")
    stations = trial.fleet.stations
    until(lambda: len({s.unit for s in job.starts()}) == len(stations), why="all have a share")
    with trial.fault("a worker frozen"):
        stations[0].freeze()
        frozen = now_ms()
        pause(FREEZE_SECONDS)
        stations[0].thaw()
    trial.served_by(stations[0])
    for station in stations:
        mine = [s for s in job.starts() if s.unit == f"{job.name}#{station.identity}"]
        assert mine
        assert {s.parent for s in mine} <= station.executors
    others = {s.unit for s in job.starts() if frozen + 2000 < s.plan < frozen + 6000}
    assert len(others) >= len(stations) - 1
