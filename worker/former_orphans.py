"""What is alive of former lives' runs that no executor has: it gets KILL."""

from __future__ import annotations

from collections.abc import Mapping

from worker.executor_orphans import NOBODY, end_orphans
from worker.journal_lines import Noted
from worker.process_stat import Process, process_of

Known = Mapping[str, tuple[str, int]]
"""Runs: the job and the fence of each, by its id."""


def end_noted(runs: Mapping[str, Noted]) -> None:
    """KILL what is left of runs (by id) that the journal tells of; OSError as `end_known`."""
    leaders = {run_id: _leader(run) for run_id, run in runs.items()}
    end_known({run.run_id: (run.job, run.fence) for run in runs.values()}, leaders=leaders)


def end_known(
    runs: Known, unowned: bool = False, leaders: Mapping[str, Process | None] = NOBODY
) -> frozenset[str]:
    """KILL what is left of these runs; which were found. The rest is as of `end_orphans`."""
    if not runs:
        return frozenset()
    jobs = {run_id: job for run_id, (job, _) in runs.items()}
    fences = {run_id: fence for run_id, (_, fence) in runs.items()}
    return end_orphans(jobs, fences, unowned, leaders)


def _leader(run: Noted) -> Process | None:
    """The run's first process, if the one of that number is the one which started then."""
    process = process_of(run.pid) if run.pid and run.ticks else None
    return process if process is not None and process.ticks == run.ticks else None
