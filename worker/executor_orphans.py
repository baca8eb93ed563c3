"""The runs of an executor that was killed: nobody reaps them, so they are found and ended."""

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

from worker.command_group import await_deaths

log = logging.getLogger(__name__)

PASSES = 10
DEATH_SECONDS = 1.0


def end_orphans(jobs: Mapping[str, str]) -> None:
    """KILL every process that carries one of these run ids (job by run id) in its environment.

    What a dying process forked meanwhile is found in the next pass.
    """
    marks = {f"FLEETCRON_RUN_ID={run_id}".encode(): run_id for run_id in jobs}
    for _ in range(PASSES):
        killed = [_killed(pid, run_id, jobs[run_id]) for pid, run_id in _carriers(marks)]
        if not killed:
            return
        await_deaths((pidfd for pidfd in killed if pidfd >= 0), DEATH_SECONDS)
    log.error("some processes of lost runs do not end: %s", ", ".join(jobs))


def _carriers(marks: Mapping[bytes, str]) -> Iterator[tuple[int, str]]:
    """The living processes that carry a mark, and the run that is meant by it."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (run_id := _run_of(int(name), marks)):
            yield int(name), run_id


def _run_of(pid: int, marks: Mapping[bytes, str]) -> str | None:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next((marks[variable] for variable in variables if variable in marks), None)


def _killed(pid: int, run_id: str, job: str) -> int:
    """Send KILL; a pidfd to wait on, or -1 where there is nothing more to kill."""
    log.warning("job=%s run=%s was left behind by its executor, killing %d", job, run_id, pid)
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return -1
    # The id may have passed to somebody else before we held it.
    if _run_of(pid, {f"FLEETCRON_RUN_ID={run_id}".encode(): run_id}):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    return pidfd
