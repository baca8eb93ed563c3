"""Jobs on several hosts where there is one machine."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from tests.integration.standing_alone import Standalone
from tests.waiting import until

EVERY_SECOND = ["--schedule", "*/1 * * * * * *", "--command", "echo $FLEETCRON_RUN_ID"]


def log_of(alone: Standalone, name: str) -> list[dict[str, Any]]:
    """The records of a job, newest first."""
    answer = alone.call("job", "log", name, "-o", "json", "--output", "--limit", "1000")
    found: list[dict[str, Any]] = json.loads(answer.stdout) if answer.exit_code == 0 else []
    return found


def run_ids(alone: Standalone, hosts: str) -> set[str]:
    """Those of the job's runs that went well, as a job on these hosts has them."""
    start = "a#127.0.0.1@" if hosts == "all" else "a@"
    found = {log["runId"] for log in log_of(alone, "a") if log["outcome"] == "success"}
    return {run_id for run_id in found if run_id.startswith(start)}


def test_a_job_on_all_hosts_runs_and_changes_to_any_and_back(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    for hosts in ("all", "any", "all"):
        before = run_ids(alone, hosts)
        save = ["job", "save", "a", *EVERY_SECOND, "--set", f"hosts={hosts}"]
        assert alone.call(*save).exit_code == 0
        until(partial(has_more, alone, hosts, before), why=f"it runs on {hosts}")
    found = [log["runId"] for log in log_of(alone, "a")]
    assert len(set(found)) == len(found)
    assert alone.child.stop() == 0


def has_more(alone: Standalone, hosts: str, before: set[str]) -> bool:
    """Whether the job has run since on these hosts."""
    return len(run_ids(alone, hosts)) > len(before) + 1


def test_a_host_that_a_job_wants_and_there_is_not_is_recorded(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    save = ["job", "save", "a", *EVERY_SECOND, "--set", "hosts=2"]
    assert alone.call(*save, "--set", "startDeadlineSeconds=2").exit_code == 0
    until(lambda: "success" in {log["outcome"] for log in log_of(alone, "a")}, why="one runs")
    of_other = until(
        lambda: [log for log in log_of(alone, "a") if log["runId"].startswith("a#1@")],
        why="the other is recorded",
    )
    assert {log["outcome"] for log in of_other} == {"missed"}
    missed = of_other[0]
    assert missed["reason"] == "no_worker"
    assert missed["err"].startswith("only 1 of 2 workers")
    assert alone.child.stop() == 0
