"""Why, asked of a real master about what a real worker did: each cause as it comes about."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.client import Master
from common.instants import instant
from tests.integration.standing_alone import Standalone
from tests.waiting import until

EVERY_SECOND = "* * * * * * *"
NEVER_SOON = "0 0 1 1 *"


@pytest.fixture
def job(alone: Standalone, request: pytest.FixtureRequest) -> Iterator[str]:
    """A name that no other test uses; what is saved by it is ended and deleted."""
    name = request.node.name.removeprefix("test_")[:100]
    yield name
    alone.call("job", "delete", name)
    alone.call("job", "kill", name, "--no-wait")


def save(alone: Standalone, name: str, command: str, *more: str, expr: str = EVERY_SECOND) -> None:
    """Save a job, each of whose further fields is given as FIELD=VALUE."""
    fields = [word for each in more for word in ("--set", each)]
    result = alone.call("job", "save", name, "--schedule", expr, "--command", command, *fields)
    assert result.exit_code == 0, result.output


def why(alone: Standalone, name: str, *more: str) -> dict[str, Any]:
    """What the command says, as JSON."""
    result = alone.call("why", name, *more, "-o", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def caused(alone: Standalone, name: str, cause: str) -> str:
    """The first sentence about the first of its last instants that has this cause; waited for."""

    def seen() -> dict[str, Any] | None:
        now = int(time.time()) * 1000
        answers = (why(alone, name, "--at", str(now - ago * 1000)) for ago in range(8))
        return next((each for each in answers if each["cause"] == cause), None)

    found = until(seen, why=f"an instant of {name} is {cause}")
    first: str = found["answer"][0]
    return first


def test_a_command_that_fails(alone: Standalone, job: str) -> None:
    save(alone, job, "exit 3")
    assert caused(alone, job, "failed").endswith("and failed: exit status 3.")


def test_a_run_that_goes_on_and_those_that_are_skipped_for_it(alone: Standalone, job: str) -> None:
    save(alone, job, "sleep 60")
    assert caused(alone, job, "running").startswith("It is running on 127.0.0.1, or about to")
    skipped = caused(alone, job, "skipped_overlap")
    assert skipped.startswith(f"It was skipped, since an earlier run overlapped: {job}@")
    assert skipped.endswith("was still running.")


def test_a_run_that_waits_for_another(alone: Standalone, job: str) -> None:
    save(alone, job, "sleep 60", "overlap=queue")
    waiting = caused(alone, job, "waiting")
    assert waiting.startswith(f"It waits for {job}@")
    assert waiting.endswith("which still runs (overlap queue).")


def test_a_run_that_another_replaced(alone: Standalone, job: str) -> None:
    save(alone, job, "sleep 60", "overlap=replace")
    assert f"was replaced by {job}@" in caused(alone, job, "replaced")


def test_a_run_that_somebody_killed(alone: Standalone, job: str) -> None:
    save(alone, job, "sleep 60")
    caused(alone, job, "running")
    assert alone.call("job", "kill", job).exit_code == 0
    assert "was killed: killed on request" in caused(alone, job, "killed")


def test_a_retry_that_waits(alone: Standalone, job: str) -> None:
    save(alone, job, "exit 3", "retries=2", "retryDelaySeconds=60")
    waits = caused(alone, job, "retry_waits")
    assert waits.startswith("It ended as failed (exit status 3), and retry 1 of 2 waits 0:01:00")


def test_a_run_beyond_its_time_limit(alone: Standalone, job: str) -> None:
    save(alone, job, "sleep 60", "timeoutSeconds=0.5")
    assert "ended by its time limit: timed out after 0.5 s" in caused(alone, job, "timeout")


def test_a_shell_that_is_not_there(alone: Standalone, job: str) -> None:
    save(alone, job, "true", "shell=/no/shell")
    said = caused(alone, job, "could_not_start")
    assert said.startswith("It could not be started")
    assert said.endswith(": shell /no/shell: No such file or directory.")


def test_workers_that_do_not_match(alone: Standalone, job: str) -> None:
    save(alone, job, "true", 'where=["role=db"]', "startDeadlineSeconds=1")
    missed = caused(alone, job, "no_worker")
    assert missed.startswith("It was missed: no worker that may run it was there")
    coming = why(alone, job, "--next")
    assert coming["cause"] == "no_match"
    assert "127.0.0.1" in coming["answer"][1]
    assert coming["answer"][1].endswith("fails role=db.")


def test_a_job_that_is_paused(alone: Standalone, job: str) -> None:
    save(alone, job, "true")
    Master(alone.url).post_json("/api/v1/pause", {"name": job, "reason": "moving house"})
    # What was claimed just before may still be the next.
    until(lambda: why(alone, job, "--next")["cause"] == "paused", why="nothing more is claimed")
    coming = why(alone, job, "--next")
    assert coming["answer"][0].startswith("It will not run: the job is paused since ")
    assert coming["answer"][0].endswith("without an end (moving house).")
    past = caused(alone, job, "paused")
    assert past.startswith("The job was paused at ")


def test_a_job_that_was_edited_and_deleted(alone: Standalone, job: str) -> None:
    save(alone, job, "true")
    caused(alone, job, "success")
    save(alone, job, "true", expr=NEVER_SOON)
    assert "only." in caused(alone, job, "edited")
    alone.call("job", "delete", job)
    gone = alone.call("why", job)
    assert gone.exit_code == 1
    assert gone.stdout.startswith("There is no such job: it was deleted at ")


def test_what_will_run(alone: Standalone, job: str) -> None:
    save(alone, job, "true", expr=NEVER_SOON)
    coming = why(alone, job, "--next")
    assert coming["cause"] == "will_run"
    assert coming["answer"][0].endswith("on the one worker that may run it (127.0.0.1).")


def test_a_worker_that_is_drained(alone: Standalone, job: str) -> None:
    save(alone, job, "true", expr=NEVER_SOON)
    this = {"worker": "127.0.0.1"}
    Master(alone.url).post_json("/api/v1/worker/drain", {**this, "reason": "new kernel"})
    try:
        coming = why(alone, job, "--next")
        assert coming["cause"] == "draining"
        assert any("(new kernel)" in each for each in coming["answer"])
    finally:
        Master(alone.url).post_json("/api/v1/worker/undrain", this)


def test_the_command_says_which_instant_it_is_about(alone: Standalone, job: str) -> None:
    save(alone, job, "exit 3", expr="* * * * * * *")
    caused(alone, job, "failed")
    at = str(int(time.time()) * 1000 - 1000)
    first = alone.call("why", job, "--at", at).stdout.splitlines()[0]
    due = instant(int(at), "UTC")
    assert first.endswith(f" (due {due})") or due in first
    save(alone, job, "true", expr=NEVER_SOON)
    last, coming = (alone.call("why", job, which).stdout for which in ("--last", "--next"))
    assert coming.splitlines()[0].count("-01-01 00:00:00") == 1
    assert "-01-01 00:00:00" in last.splitlines()[0]


def test_of_a_job_that_is_not_there_the_command_fails(alone: Standalone) -> None:
    for more in ([], ["--next"], ["--at", "2020-01-01T00:00"], ["-o", "json"]):
        result = alone.call("why", "nowhere", *more)
        assert result.exit_code == 1
        assert "There is no job named 'nowhere'." in result.stdout
