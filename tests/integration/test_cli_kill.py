"""`fleetcron job kill` against a real master and worker."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

from tests.integration.executing import processes_of
from tests.integration.standing_alone import Standalone
from tests.waiting import until

SOON, NEVER_SOON = "* * * * * * *", "0 0 1 1 *"


def begun(alone: Standalone, name: str, command: str, where: Path, *more: str) -> str:
    """Save a job that runs soon and once; the id of its run, once its command has begun."""
    told = where / name
    command = f"echo $FLEETCRON_RUN_ID > {told}.new; mv {told}.new {told}; echo so far; {command}"
    saved = alone.call("job", "save", name, "--schedule", SOON, "--command", command, *more)
    assert saved.exit_code == 0, saved.output
    until(told.exists, why="the run has begun")
    alone.call("job", "save", name, "--schedule", NEVER_SOON)
    return told.read_text().strip()


def recorded(alone: Standalone, name: str, run_id: str) -> dict[str, str] | None:
    """A run's record, once it is there."""
    records = json.loads(alone.call("job", "log", name, "-o", "json").stdout)
    return next((record for record in records if record["runId"] == run_id), None)


def test_a_kill_says_what_was_hit_once_it_is_dead(alone: Standalone, tmp_path: Path) -> None:
    run_id = begun(alone, "long", "sleep 1000 & sleep 1000", tmp_path)
    result = alone.call("job", "kill", "long")
    assert processes_of(run_id) == []
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{run_id} on 127.0.0.1: killed: signal: terminated\n"


def test_a_kill_waits_for_the_grace_of_what_ignores_it(alone: Standalone, tmp_path: Path) -> None:
    grace = ("--set", "killGraceSeconds=0.5")
    run_id = begun(alone, "deaf", "trap '' TERM; while :; do sleep 1; done", tmp_path, *grace)
    result = alone.call("job", "kill", "deaf", "--run", run_id, "-o", "json")
    assert processes_of(run_id) == []
    (run,) = json.loads(result.stdout)["runs"]
    assert (run["runId"], run["outcome"], run["dead"]) == (run_id, "killed", True)
    record = until(lambda: recorded(alone, "deaf", run_id), why="its record")
    assert record["reason"] == f"killed on request of {getpass.getuser()}, this run"


def test_what_lives_after_the_wait_is_said_by_the_exit_code(
    alone: Standalone, tmp_path: Path
) -> None:
    run_id = begun(alone, "tough", "trap '' TERM; while :; do sleep 1; done", tmp_path)
    result = alone.call("job", "kill", "tough", "--timeout", "0.2")
    assert (result.exit_code, result.stdout) == (
        1,
        f"{run_id}: still alive, runs on 127.0.0.1\n",
    )
    assert alone.call("job", "kill", "tough").exit_code == 0
    over = alone.call("job", "kill", "tough", "--run", run_id)
    assert (over.exit_code, over.stdout) == (1, "")
    assert f"{run_id} is over: killed" in over.stderr


def test_without_a_wait_it_is_only_asked_for(alone: Standalone, tmp_path: Path) -> None:
    run_id = begun(alone, "quick", "sleep 1000", tmp_path)
    result = alone.call("job", "kill", "quick", "--no-wait")
    assert (result.exit_code, result.stdout) == (
        0,
        f"{run_id}: asked to end, runs on 127.0.0.1\n",
    )
    until(lambda: not processes_of(run_id), why="it ends")


def test_a_kill_of_what_does_not_run_says_so(alone: Standalone) -> None:
    alone.call("job", "save", "idle", "--schedule", NEVER_SOON, "--command", "true")
    result = alone.call("job", "kill", "idle")
    assert (result.exit_code, result.stdout) == (0, "nothing of idle runs\n")
    unknown = alone.call("job", "kill", "idle", "--run", "idle@1")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "no run 'idle@1' of the job 'idle' is known" in unknown.stderr


def test_a_run_that_is_empty_by_mistake_is_not_all_of_them(
    alone: Standalone, tmp_path: Path
) -> None:
    run_id = begun(alone, "spared", "sleep 1000", tmp_path)
    result = alone.call("job", "kill", "spared", "--run", "")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "run: must not be empty" in result.stderr
    assert processes_of(run_id)
    alone.call("job", "kill", "spared")


def test_a_time_that_is_no_number_is_wrong_usage(alone: Standalone) -> None:
    result = alone.call("job", "kill", "idle", "--timeout", "nan")
    assert result.exit_code == 2
    assert "expected seconds, got nan" in result.stderr
