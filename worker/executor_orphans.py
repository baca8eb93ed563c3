"""The runs of an executor that was killed: nobody reaps them, so they are found and ended."""

import logging
import os
import signal
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)


def end_orphans(pids: Mapping[str, int]) -> None:
    """KILL the groups of these runs (pid by run id) as far as they are still those runs.

    A pid may meanwhile be somebody else's: its environment must name the run.
    """
    for run_id, pid in pids.items():
        if _is_of(run_id, pid):
            log.warning("run=%s was left behind by its executor, sending KILL", run_id)
            _kill(pid)


def _is_of(run_id: str, pid: int) -> bool:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"FLEETCRON_RUN_ID={run_id}".encode() in environment


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError as error:
        log.warning("process group %d could not be ended: %s", group, error.strerror)
