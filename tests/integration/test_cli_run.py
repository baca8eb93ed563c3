"""`fleetcron job run` against a real master and worker."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from cli.client import Master
from tests.integration.executing import processes_of
from tests.integration.standing_alone import Standalone
from tests.waiting import until

NEVER_SOON = "0 0 1 1 *"


def save(alone: Standalone, name: str, command: str, *more: str) -> None:
    """Save a job that is not due soon."""
    given = ("--schedule", NEVER_SOON, "--command", command, *more)
    saved = alone.call("job", "save", name, *given)
    assert saved.exit_code == 0, saved.output


def records(alone: Standalone, name: str) -> list[dict[str, object]]:
    """The job's records, newest first."""
    found: list[dict[str, object]] = json.loads(alone.call("job", "log", name, "-o", "json").stdout)
    return found


def state(alone: Standalone, name: str, run_id: str) -> Any:
    """How it stands with a run."""
    return Master(alone.url).get("/api/v1/run", name=name, id=run_id)


def test_a_job_is_run_now_and_its_output_printed(alone: Standalone) -> None:
    save(alone, "hello", "echo hello; echo $FLEETCRON_RUN_ID")
    result = alone.call("job", "run", "hello")
    assert result.exit_code == 0, result.output
    hello, run_id = result.stdout.splitlines()
    assert hello == "hello"
    assert run_id.startswith("hello@")
    assert f"{run_id} on 127.0.0.1: success\n" in result.stderr
    (record,) = records(alone, "hello")
    assert record["runId"] == run_id
    assert (record["trigger"], record["by"]) == ("manual", getpass.getuser())


def test_how_it_failed_is_said_and_told_by_the_exit_code(alone: Standalone) -> None:
    save(alone, "bad", "echo so far; exit 3")
    result = alone.call("job", "run", "bad")
    assert (result.exit_code, result.stdout) == (1, "so far\n")
    assert "on 127.0.0.1: failed: exit status 3\n" in result.stderr
    assert result.stderr.count("exit status 3") == 1


def test_without_a_wait_the_run_id_is_printed(alone: Standalone) -> None:
    save(alone, "later", "true")
    result = alone.call("job", "run", "later", "--no-wait")
    assert result.exit_code == 0
    run_id = result.stdout.strip()
    until(lambda: [r for r in records(alone, "later") if r["runId"] == run_id], why="its record")


def test_a_paused_job_is_run_all_the_same(alone: Standalone) -> None:
    save(alone, "resting", "echo done", "--set", "paused=true")
    assert alone.call("job", "run", "resting").stdout == "done\n"


def test_a_job_that_still_runs_is_skipped_with_a_record(alone: Standalone, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    save(alone, "busy", f"echo $FLEETCRON_RUN_ID > {begun}; sleep 1000")
    first = alone.call("job", "run", "busy", "--no-wait").stdout.strip()
    until(begun.exists, why="it runs")
    second = alone.call("job", "run", "busy")
    assert second.exit_code == 1
    assert f"skipped_overlap: {first} was still running\n" in second.stderr
    killed = alone.call("job", "kill", "busy", "--run", first)
    assert killed.stdout == f"{first} on 127.0.0.1: killed: signal: terminated\n"
    assert processes_of(first) == []


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_a_run_waits_for_the_one_that_still_runs_or_takes_its_place(
    alone: Standalone, tmp_path: Path, overlap: str
) -> None:
    begun = tmp_path / "begun"
    once = f"test -e {begun} && echo second && exit; touch {begun}; sleep 1000"
    save(alone, overlap, once, "--set", f"overlap={overlap}")
    first = alone.call("job", "run", overlap, "--no-wait").stdout.strip()
    until(begun.exists, why="it runs")
    second = alone.call("job", "run", overlap, "--no-wait").stdout.strip()
    if overlap == "queue":
        waits = "waits on 127.0.0.1: " + f"{first} is still running"
        until(lambda: waits in state(alone, overlap, second)["text"], why="it waits")
        alone.call("job", "kill", overlap, "--run", first)
    until(lambda: state(alone, overlap, second)["record"], why="it is over")
    assert state(alone, overlap, second)["record"]["output"] == "second\n"
    assert state(alone, overlap, first)["outcome"] == "killed"


def test_a_run_that_waits_can_be_killed_by_itself(alone: Standalone, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    save(alone, "line", f"touch {begun}; sleep 1000", "--set", "overlap=queue")
    first = alone.call("job", "run", "line", "--no-wait").stdout.strip()
    until(begun.exists, why="it runs")
    second = alone.call("job", "run", "line", "--no-wait").stdout.strip()
    until(lambda: state(alone, "line", second)["state"] == "waiting", why="it waits")
    killed = alone.call("job", "kill", "line", "--run", second)
    assert killed.exit_code == 0
    assert f"{second} on 127.0.0.1: not_started: " in killed.stdout
    assert state(alone, "line", first)["state"] == "running"
    assert alone.call("job", "kill", "line").exit_code == 0


def test_a_run_that_fails_is_tried_again(alone: Standalone) -> None:
    more = ("--set", "retries=1", "--set", "retryDelaySeconds=0")
    save(alone, "again", "echo $FLEETCRON_ATTEMPT; exit 1", *more)
    first = alone.call("job", "run", "again", "--no-wait").stdout.strip()
    retry = f"{first}+1"
    until(lambda: retry in {str(r["runId"]) for r in records(alone, "again")}, why="the retry")
    assert state(alone, "again", retry)["record"]["output"] == "1\n"
    assert state(alone, "again", retry)["record"]["by"] == getpass.getuser()


def test_runs_that_may_overlap_run_beside_each_other(alone: Standalone) -> None:
    save(alone, "both", "sleep 1000", "--set", "overlap=allow")
    runs = [alone.call("job", "run", "both", "--no-wait").stdout.strip() for _ in range(2)]
    until(lambda: all(processes_of(run_id) for run_id in runs), why="both run")
    killed = json.loads(alone.call("job", "kill", "both", "-o", "json").stdout)
    assert {run["runId"] for run in killed["runs"]} == set(runs)
    assert killed["dead"] is True


def test_the_worker_or_host_can_be_chosen(alone: Standalone) -> None:
    save(alone, "here", "echo here")
    found = json.loads(alone.call("worker", "list", "-o", "json").stdout)
    host = found[0]["registration"]["labels"]["host"]
    assert alone.call("job", "run", "here", "--worker", "127.0.0.1").stdout == "here\n"
    assert alone.call("job", "run", "here", "--host", host).stdout == "here\n"


def test_who_asks_for_a_run_that_nobody_may_take_up_is_warned(alone: Standalone) -> None:
    save(alone, "lonely", "true", "--set", 'where=["role=db"]')
    asked = alone.call("job", "run", "lonely", "--no-wait")
    assert (asked.exit_code, asked.stdout[:7]) == (0, "lonely@")
    assert asked.stderr.startswith("warning: lonely: where: no registered worker matches role=db;")
    assert alone.call("job", "kill", "lonely").exit_code == 0


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (["--worker", "10.9.9.9"], "worker: '10.9.9.9' is not registered"),
        (["--host", "nowhere"], "host: 'nowhere' is not registered"),
        (["--host", "a", "--worker", "b"], "give either --host or --worker"),
    ],
)
def test_a_place_that_is_not_there_is_refused(
    alone: Standalone, more: list[str], problem: str
) -> None:
    save(alone, "where", "true")
    result = alone.call("job", "run", "where", *more)
    assert (result.exit_code, result.stdout) == (2 if "either" in problem else 1, "")
    assert problem in result.stderr


def test_a_place_that_the_job_does_not_want_is_refused_with_the_term(alone: Standalone) -> None:
    save(alone, "picky", "true", "--set", 'where=["role=db"]')
    result = alone.call("job", "run", "picky", "--worker", "127.0.0.1")
    assert result.exit_code == 1
    assert "the job may not run on '127.0.0.1': role=db does not hold" in result.stderr


def test_a_job_on_all_hosts_is_run_on_each(alone: Standalone) -> None:
    save(alone, "everywhere", "echo $FLEETCRON_RUN_ID", "--set", "hosts=all")
    result = alone.call("job", "run", "everywhere")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("everywhere#127.0.0.1@")


def test_a_job_that_is_not_there_is_named(alone: Standalone) -> None:
    result = alone.call("job", "run", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no job named 'nobody'" in result.stderr


def test_nothing_is_left_in_the_store_after_a_run(alone: Standalone) -> None:
    save(alone, "tidy", "true")
    alone.call("job", "run", "tidy")
    state = alone.call("job", "kill", "tidy")
    assert state.stdout == "nothing of tidy runs\n"


def test_a_failed_run_that_is_tried_again_says_so_and_does_not_wait(alone: Standalone) -> None:
    save(alone, "again", "exit 3", "--set", "retries=1", "--set", "retryDelaySeconds=3600")
    result = alone.call("job", "run", "again")
    assert result.exit_code == 1
    run_id = records(alone, "again")[0]["runId"]
    said = f"tried again, which is not waited for: {run_id}+1 waits on 127.0.0.1: retry"
    assert f"{said} 1 of 1 after {run_id}, in" in result.stderr
    assert "in 3600 s" in result.stderr
    assert alone.call("job", "kill", "again").exit_code == 0


def test_a_failed_run_without_retries_says_nothing_of_any(alone: Standalone) -> None:
    save(alone, "once", "exit 3")
    assert "tried again" not in alone.call("job", "run", "once").stderr


def test_a_failed_run_of_a_paused_job_is_not_said_to_be_tried_again(alone: Standalone) -> None:
    save(alone, "still", "exit 3", "--set", "retries=1", "--set", "retryDelaySeconds=3600")
    assert alone.call("job", "pause", "still").exit_code == 0
    result = alone.call("job", "run", "still")
    assert (result.exit_code, "tried again" in result.stderr) == (1, False)
    until(lambda: len(records(alone, "still")) == 2, why="both records")
    assert {record["outcome"] for record in records(alone, "still")} == {"failed", "not_started"}
