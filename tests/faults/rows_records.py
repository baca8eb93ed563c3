"""Rows 21 and 22: a log store that is away, slow, or whose answers are lost."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable

from tests.acceptance.fleet import shipper_of
from tests.faults.bench_job import Job
from tests.faults.sizes import size
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.wires import CLEAR, Weather
from tests.faults.witness import Start
from tests.waiting import pause, until

log = logging.getLogger(__name__)

JOBS = 6
BEFORE_SECONDS = size(4, 60)
AWAY_SECONDS = size(16, 600)
"""So long the log store is away."""
DEATHS = 2
SLOW_SECONDS = size(15, 60)
EACH_WAY_SECONDS = 2.0
"""A request and its answer take twice as long."""
LOST_ANSWERS = 4
IDLE_SHARE = 0.05
BACKLOG_SECONDS = 60.0
LATE_SHARE, LATE_MS, RESOLUTION_MS = 0.10, 5.0, 10.0
"""By how much the 99th percentile of starts may be later; witnesses tell time in hundredths."""


def ticking(trial: Trial, count: int = JOBS) -> list[Job]:
    """So many jobs that are due each second, and one of which each worker has a share; all run."""
    jobs = [trial.job(1, name=f"t{number}") for number in range(count)]
    jobs.append(trial.job(1, name="all", hosts="all"))
    for job in jobs:
        job.wait_start()
    return jobs


def p99(trial: Trial, starts: Iterable[Start]) -> float:
    """By how many ms all but one of a hundred starts came too late at most."""
    late = sorted(map(trial.lateness, starts))
    return late[int(len(late) * 0.99)]


def of_time(jobs: Iterable[Job], begun: int, ended: int) -> list[Start]:
    """The starts of instants between the two (epoch ms)."""
    return [start for job in jobs for start in job.starts() if begun <= start.plan < ended]


def all_recorded(trial: Trial, jobs: Iterable[Job], until_ms: int, seconds: float) -> None:
    """Wait until all that was started for instants before that is recorded."""
    wanted = {start.run_id for start in of_time(jobs, 0, until_ms)}
    names = [job.name for job in jobs]

    def missing() -> set[str]:
        return wanted - {record.run_id for record in trial.records_of(*names)}

    until(lambda: not missing(), seconds, "all that ran is recorded")


def listed(trial: Trial, job: Job) -> list[int]:
    """The plan times of a job's runs that ended well as a master lists them, in that order."""
    found = trial.master().logs(job.name, 1000)
    return [each["planTime"] for each in found if each["outcome"] == "success"]


def shipping_seconds(stations: Iterable[Station]) -> float:
    """What the busiest shipper has used of a core, seconds."""
    used = []
    for station in stations:
        shipper = shipper_of(station.daemon.child.pid)
        assert shipper, f"{station.name} has no shipper"
        used.append(sum(shipper.cpu_times()[:2]))
    return max(used)


def test_row_21_without_a_log_store_runs_start_as_before_and_are_recorded_when_it_is_back(
    trial: Trial,
) -> None:
    jobs = ticking(trial)
    began = now_ms()
    pause(BEFORE_SECONDS)
    trial.fleet.mongodb.kill()
    away = now_ms()
    hurt = trial.fleet.stations[0]
    for _ in range(DEATHS):
        pause(AWAY_SECONDS / (DEATHS + 1))
        with trial.fault("a worker killed without a log store"):
            hurt.kill()
            hurt.start()
    pause(AWAY_SECONDS / (DEATHS + 1))
    back = now_ms()
    before, during = (
        p99(trial, of_time(jobs, *spell)) for spell in ((began, away), (away, back - 2000))
    )
    log.info("99th percentile of lateness: %.0f ms before, %.0f ms without", before, during)
    with trial.fault("the log store is started, and a backlog written"):
        trial.fleet.mongodb.start()
        all_recorded(trial, jobs, back, BACKLOG_SECONDS)
    for job in jobs[:JOBS]:
        plans = listed(trial, job)
        assert plans == sorted(plans, reverse=True)
    if size(0, 1):
        assert during - before <= max(LATE_SHARE * before, LATE_MS) + RESOLUTION_MS


def test_row_22_a_slow_log_store_delays_records_alone_and_is_not_pressed(trial: Trial) -> None:
    jobs = ticking(trial)
    stations = trial.fleet.stations
    for station in stations:
        station.mongodb.set(Weather(delay=EACH_WAY_SECONDS))
    slow, before = now_ms(), shipping_seconds(stations)
    pause(SLOW_SECONDS)
    used = shipping_seconds(stations) - before
    known = trial.records_of(*(job.name for job in jobs))
    assert used < IDLE_SHARE * SLOW_SECONDS, f"a shipper used {used:.2f} s of CPU"
    assert any(record.plan > slow for record in known), "nothing came through"
    with trial.fault("a backlog is written"):
        for station in stations:
            station.mongodb.set(CLEAR)
        all_recorded(trial, jobs, now_ms(), BACKLOG_SECONDS)


def test_row_22_a_batch_whose_answer_is_lost_is_there_once(trial: Trial) -> None:
    jobs = ticking(trial)
    stations = trial.fleet.stations
    with trial.fault("answers of the log store are lost"):
        for station, _ in itertools.product(stations, range(LOST_ANSWERS)):
            station.mongodb.trap(b"\x02insert\x00")
            until(station.mongodb.sprung.is_set, why="a batch is written")
            pause(0.2)
            station.mongodb.reset()
            station.mongodb.set(CLEAR)
        all_recorded(trial, jobs, now_ms(), BACKLOG_SECONDS)
