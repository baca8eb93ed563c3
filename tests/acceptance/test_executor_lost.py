"""A worker whose executor is killed goes on: the run is recorded as lost, once, and others run."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import psutil

from tests.acceptance.fleet import EVERY_SECOND, own, running
from tests.integration.standing_alone import Standalone
from tests.waiting import until
from worker.process_stat import run_id_of


def test_a_worker_whose_executor_is_killed_records_its_run_as_lost_and_goes_on(
    tmp_path: Path,
) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    save = ("job", "save", own("bereft"), "--schedule", EVERY_SECOND, "--command", "sleep 1000")
    assert alone.call(*save).exit_code == 0
    pid = until(lambda: running(own("bereft@")), why="it runs")[0]
    run_id = run_id_of(pid)
    executor = next(
        each for each in psutil.Process(pid).parents() if "worker.executor" in each.cmdline()
    )
    executor.send_signal(signal.SIGKILL)

    def logs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            alone.call("job", "log", own("bereft"), "-o", "json").stdout
        )
        return [each for each in found if each["runId"] == run_id]

    (record,) = until(logs, why="it is recorded")
    assert record["outcome"] == "lost"
    assert record["reason"].endswith("; its output was lost with its executor")
    shown = alone.call("logs", own("bereft"), "--run", run_id)
    assert shown.stderr == f"{run_id} on 127.0.0.1: lost: {record['reason']}\n"
    assert not running(run_id)
    until(lambda: running(own("bereft@")), why="the next one runs")
    until(lambda: "takes the place of one that was lost" in alone.child.log.read_text())
    assert len(logs()) == 1
    alone.call("job", "delete", own("bereft"))
    alone.call("job", "kill", own("bereft"))
    until(lambda: not running(own("bereft@")), why="a stop has nothing to wait for")
    assert alone.child.stop(60) == 0
