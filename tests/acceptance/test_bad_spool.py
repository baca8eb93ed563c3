"""A worker whose spool takes nothing, or is gone: its runs go on, and are recorded."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, own
from tests.waiting import until


def remove(worker: Daemon, data: Path) -> None:
    """Remove what holds the spools of all lives."""
    (executors,) = data.glob("*/executors")
    until(lambda: _gone(executors), why="it is removed")


def _gone(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def refuse(worker: Daemon, data: Path) -> None:
    """Let no executor write another byte to any file."""
    for process in worker.executors():
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))


@pytest.mark.parametrize("hurt", [remove, refuse], ids=["removed", "takes nothing"])
def test_runs_are_recorded_with_their_output_though_their_spool_is_of_no_use(
    tmp_path: Path, master: Master, worker: Daemon, hurt: Callable[[Daemon, Path], None]
) -> None:
    name = own("unspooled")
    master.save(name, "echo $FLEETCRON_RUN_ID", EVERY_SECOND)
    first = until(lambda: master.logs(name), why="it is recorded")[0]
    hurt(worker, tmp_path / "data0")

    def later() -> bool:
        """Whether three later runs are recorded, each as it was."""
        found = [each for each in master.logs(name) if each["planTime"] > first["planTime"]]
        ended = [each for each in found if each["outcome"] == "success"]
        assert all(each["output"] == f"{each['runId']}\n" for each in ended)
        return len(ended) >= 5

    until(later, why="later runs are recorded")
    assert worker.child.running
    assert "Traceback" not in worker.log()
    master.call("/job/delete", name=name)
