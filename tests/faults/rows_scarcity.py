"""Row 31: a worker for which there are no more processes, or no more descriptors."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.scarcity import no_descriptors, pids_cgroup
from tests.waiting import until


def without_processes(station: Station) -> AbstractContextManager[object]:
    """All that is the worker's takes more than four fifths of a cgroup meanwhile (as root)."""
    tree = station.tree()
    tasks = sum(process.num_threads() for process in tree)
    return pids_cgroup("row-31", int(tasks / 0.85), *(process.pid for process in tree))


def without_descriptors(station: Station) -> AbstractContextManager[object]:
    """None of its executors can open a file meanwhile."""
    stack = ExitStack()
    for process in station.tree():
        if "worker.executor" in process.cmdline():
            stack.enter_context(no_descriptors(process.pid))
    return stack


@pytest.mark.parametrize(
    ("scarce", "what"),
    [(without_processes, "processes of the cgroup"), (without_descriptors, "descriptors")],
    ids=["processes", "descriptors"],
)
def test_row_31_a_worker_that_has_no_more_of_something_leaves_its_jobs_to_others(
    trial: Trial, scarce: Callable[[Station], AbstractContextManager[object]], what: str
) -> None:
    jobs = [trial.job(1, name=f"j{n}") for n in range(6)]
    for job in jobs:
        job.wait_start()
    station = trial.fleet.stations[0]
    trial.served_by(station)
    lives = station.incarnations()
    with trial.fault(f"short of {what}"), scarce(station):
        held = f"no run is taken until there is more: {what}"
        until(lambda: held in station.log(), why="it holds runs back")
        since = now_ms()
        for job in jobs:
            start = job.wait_start(since + 6000)
            assert trial.fleet.station_of(start.parent) is not station
    trial.served_by(station)
    assert station.incarnations() == lives, "its lease was renewed all the while"
    failed = [r for r in trial.records_of(*(job.name for job in jobs)) if r.outcome != "success"]
    assert all(record.outcome in EXPECTED for record in failed), failed


EXPECTED = {"could_not_start", "skipped_overlap", "missed", "not_started"}
"""What may become of an instant that was claimed before it was seen that there is no more."""
