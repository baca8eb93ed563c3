"""Rows 30 and 32: what happens to jobs that run, and to many at once."""

import logging

from tests.faults.sizes import size
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.waiting import until

log = logging.getLogger(__name__)

BURST = size(600, 10_000)
"""So many jobs due in one second."""
SAVE_MS, START_MS = 15, 30
"""What saving and what running one of them may take on a busy machine."""


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
    trial.limits = {"late_ms": 30_000 + BURST * START_MS}
    due = now_ms() + 10_000 + BURST * SAVE_MS
    jobs = trial.burst(BURST, due)
    patience = (due - now_ms()) / 1000 + 40 + BURST * START_MS / 1000
    until(lambda: len(trial.fleet.witness.starts()) >= len(jobs), patience, "all were started")
    late = sorted(trial.lateness(start) for start in trial.fleet.witness.starts())
    log.info("%d starts: half within %.0f ms, last %.0f ms", BURST, late[BURST // 2], late[-1])
    for station in trial.fleet.stations:
        assert len(station.incarnations()) == 1, "its lease was renewed all the while"
        assert "died" not in station.log()
