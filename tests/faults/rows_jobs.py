"""Rows 30 and 32: what happens to jobs that run, and to many at once."""

import time

from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import until

BURST = 600
"""So many jobs due in one second."""


def test_row_30_an_edit_takes_hold_of_the_next_run_and_not_of_this_one(trial: Trial) -> None:
    job = trial.job(5, "sleep 2", note="first")
    start = job.wait_start()
    (before,) = {station.table().get(job.name) for station in trial.fleet.stations}
    job.save("sleep 2", note="second")
    record = job.record(start)
    assert (record.outcome, record.revision) == ("success", before)
    assert next(s for s in job.starts() if s.run_id == start.run_id).note == "first"
    assert job.wait_start(start.plan).note == "second"


def test_row_30_a_job_deleted_while_it_runs_ends_that_run_and_begins_no_other(
    trial: Trial,
) -> None:
    beat, job = trial.job(1), trial.job(2, "sleep 3")
    start = job.wait_start()
    job.delete()
    assert job.record(start).outcome == "success"
    beat.wait_start(now_ms() + 4000)
    assert len({s.run_id for s in job.starts()}) == 1


def test_row_32_a_burst_of_jobs_in_one_second_runs_each_once(trial: Trial) -> None:
    trial.limits = {"late_ms": 30_000}
    second = time.gmtime(time.time() + 15).tm_sec
    jobs = trial.burst(BURST, second)
    until(lambda: len(trial.fleet.witness.starts()) >= len(jobs), 60, "all have been started")
    for station in trial.fleet.stations:
        assert len(station.incarnations()) == 1, "its lease was renewed all the while"
        assert "died" not in station.log()
