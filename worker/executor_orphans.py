"""The runs of an executor that is gone: nobody reaps them, so they are found and ended."""

import logging
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

from worker.command_group import await_deaths, signal_group
from worker.process_stat import start_ticks

log = logging.getLogger(__name__)

PASSES = 10
DEATH_SECONDS = 1.0

_MARK = b"FLEETCRON_RUN_ID="


def living_run_ids() -> frozenset[str]:
    """The ids of all runs, of whomever, that a living process carries in its environment."""
    return frozenset(run_id for _, run_id in _carriers())


def end_orphans(jobs: Mapping[str, str]) -> frozenset[str]:
    """KILL every process that carries one of these run ids (job by run id) in its environment.

    What a dying process forked meanwhile is found in the next pass. The ids that were found.
    """
    found: set[str] = set()
    for _ in range(PASSES):
        killed = []
        for pid, run_id in _carriers():
            if run_id in jobs:
                found.add(run_id)
                killed.append(_killed(pid, run_id, jobs[run_id]))
        if not killed:
            return frozenset(found)
        await_deaths((pidfd for pidfd in killed if pidfd >= 0), DEATH_SECONDS)
    log.error("some processes of lost runs do not end: %s", ", ".join(jobs))
    return frozenset(found)


def end_group(pid: int, ticks: int) -> bool:
    """KILL the process group of a run's first process, if that is the one which started then.

    Finds also what no longer carries the run's id. Whether it was there.
    """
    if not pid or not ticks or start_ticks(pid) != ticks:
        return False
    signal_group(pid, signal.SIGKILL)
    return True


def _carriers() -> Iterator[tuple[int, str]]:
    """The living processes that carry a run's id, and the id."""
    for name in os.listdir("/proc"):
        if name.isdigit() and (run_id := _run_of(int(name))):
            yield int(name), run_id


def _run_of(pid: int) -> str:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    mark = next((each for each in variables if each.startswith(_MARK)), b"")
    return mark.removeprefix(_MARK).decode("utf-8", "surrogateescape")


def _killed(pid: int, run_id: str, job: str) -> int:
    """Send KILL; a pidfd to wait on, or -1 where there is nothing more to kill."""
    log.warning("job=%s run=%s was left behind by its executor, killing %d", job, run_id, pid)
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return -1
    # The id may have passed to somebody else before we held it.
    if _run_of(pid) == run_id:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    return pidfd
