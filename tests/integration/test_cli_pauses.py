"""Pausing jobs and draining workers from the command line, with a real master and worker."""

import getpass
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.standing_alone import Standalone
from tests.waiting import until

WORKER = "127.0.0.1"
EVERY_SECOND = ["--schedule", "* * * * * * *", "--command", "true"]
STANDALONE = ("--timezone", "Europe/Berlin")


@pytest.fixture(autouse=True)
def no_jobs(alone: Standalone) -> Iterator[None]:
    yield
    alone.call("worker", "undrain", WORKER)
    for job in json.loads(alone.call("job", "list", "-o", "json").stdout):
        alone.call("job", "delete", job["name"])


def said(alone: Standalone, *words: str) -> str:
    """What a command that works prints."""
    result = alone.call(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def records(alone: Standalone, name: str) -> list[dict[str, Any]]:
    """A job's records, newest first."""
    result = alone.call("job", "log", name, "--limit", "1000", "-o", "json")
    found: list[dict[str, Any]] = json.loads(result.stdout) if result.exit_code == 0 else []
    return found


def runs(alone: Standalone, name: str) -> list[int]:
    """The due instants that were run, newest first."""
    return [r["planTime"] for r in records(alone, name) if r["outcome"] == "success"]


def test_a_paused_job_runs_nothing_until_it_is_resumed(alone: Standalone) -> None:
    said(alone, "job", "save", "tick", *EVERY_SECOND)
    said(alone, "job", "save", "other", *EVERY_SECOND)
    until(lambda: bool(runs(alone, "tick")), why="it runs")
    told = said(alone, "job", "pause", "tick", "--reason", "a move")
    assert told.startswith("tick is paused until it is resumed, by ")
    assert told.endswith(": a move\n")
    paused = json.loads(said(alone, "job", "show", "tick", "-o", "json"))
    later = time.time_ns() // 1_000_000 + 3000
    until(lambda: max(runs(alone, "other")) > later, why="others go on")
    last = max(runs(alone, "tick"))
    assert "paused" in said(alone, "job", "list")
    assert said(alone, "job", "resume", "tick").startswith("tick goes on; next: ")
    until(lambda: max(runs(alone, "tick")) > last, why="it goes on")
    instants = sorted(runs(alone, "tick"))
    gap = next(b - a for a, b in pairwise(instants) if a == last)
    assert gap > 2000
    assert paused["pausedNow"] is True
    missed = [r for r in records(alone, "tick") if r["outcome"] == "missed"]
    assert all("paused" in r["reason"] and r["planTime"] <= last + 1000 for r in missed)
    assert said(alone, "job", "resume", "tick").startswith("tick was not paused; next: ")


def test_a_pause_with_an_end_is_shown_in_the_job_s_zone_with_what_follows(
    alone: Standalone,
) -> None:
    said(alone, "job", "save", "a", "--schedule", "@daily", "--command", "true")
    told = said(alone, "job", "pause", "a", "--until", "2096-10-02T09:00")
    assert told.startswith("a is paused until 2096-10-02 09:00:00 +02:00 Europe/Berlin, by ")
    shown = said(alone, "job", "show", "a")
    assert "next: 2096-10-03 00:00:00 +02:00 Europe/Berlin" in shown
    assert "2096-10-03 00:00:00" in said(alone, "job", "list")
    assert "  2096-10-03" in said(alone, "job", "save", "a", "--command", "false")
    refused = alone.call("job", "pause", "a", "--until", "2001-01-01")
    assert refused.exit_code == 1
    assert "pausedUntil: 2000-12-31T23:00:00+00:00 is not in the future" in refused.output


def test_a_job_that_is_not_there_is_not_paused(alone: Standalone) -> None:
    for command in ("pause", "resume"):
        refused = alone.call("job", command, "b")
        assert (refused.exit_code, refused.output) == (1, "Error: no job named 'b'\n")


def test_a_drained_worker_takes_nothing_also_after_its_restart(alone: Standalone) -> None:
    said(alone, "job", "save", "tick", *EVERY_SECOND, "--set", "startDeadlineSeconds=1")
    until(lambda: bool(runs(alone, "tick")), why="it runs")
    told = said(alone, "worker", "drain", WORKER, "--reason", "new disks")
    assert told == "127.0.0.1 takes no more runs\n"
    drained = time.time_ns() // 1_000_000
    assert "(new disks)" in said(alone, "worker", "list")
    until(lambda: _missed(alone) > 0, why="nobody takes it, which is recorded")
    missed = next(r for r in records(alone, "tick") if r.get("reason") == "no_worker")
    assert f"{WORKER} drained by {getpass.getuser()} (new disks)" in missed["err"]
    assert alone.child.stop() == 0
    alone.start()
    seen = _missed(alone)
    until(lambda: _missed(alone) > seen + 2, why="nobody takes it")
    assert max(runs(alone, "tick")) <= drained
    assert said(alone, "worker", "undrain", WORKER) == "127.0.0.1 takes runs again\n"
    until(lambda: max(runs(alone, "tick")) > drained, why="it runs again")
    assert said(alone, "worker", "undrain", WORKER) == "127.0.0.1 was not drained\n"
    refused = alone.call("worker", "drain", "10.9.9.9")
    assert refused.exit_code == 1
    assert "there are: 127.0.0.1" in refused.output


def _missed(alone: Standalone) -> int:
    """How many records say that nobody may run it."""
    return sum(r.get("reason") == "no_worker" for r in records(alone, "tick"))


def test_a_pause_that_ends_by_itself_is_followed_by_the_very_instant_of_its_end(
    alone: Standalone,
) -> None:
    said(alone, "job", "save", "tick", *EVERY_SECOND, "--set", "catchUp=all")
    until(lambda: bool(runs(alone, "tick")), why="it runs")
    end = max(runs(alone, "tick")) + 6000
    said(alone, "job", "pause", "tick", "--until", str(end))
    until(lambda: max(runs(alone, "tick")) > end, why="it goes on")
    until(lambda: end in runs(alone, "tick"), why="its end, which may be recorded later")
    instants = sorted(runs(alone, "tick"))
    before = instants[instants.index(end) - 1]
    assert end - before > 2000
    due = {at for r in records(alone, "tick") for at in (r["planTime"], r.get("to") or 0)}
    assert not [at for at in due if before + 1000 < at < end]


def test_each_of_these_commands_prints_the_answer_of_its_call_as_json(alone: Standalone) -> None:
    def answer(*words: str) -> Any:
        return json.loads(said(alone, *words, "-o", "json"))

    said(alone, "job", "save", "tick", *EVERY_SECOND)
    told: dict[str, Any] = {"name": "tick", "until": None, "changed": True, "warnings": []}
    assert answer("job", "pause", "tick") == told
    assert answer("job", "pause", "tick") == told | {"changed": False}
    assert said(alone, "job", "pause", "tick").startswith("tick is unchanged: paused until ")
    until_ms = 4_000_000_000_000
    paused = answer("job", "pause", "tick", "--until", str(until_ms))
    assert paused == {"name": "tick", "until": until_ms, "changed": True, "warnings": []}
    assert answer("job", "resume", "tick") == {"name": "tick", "wasPaused": True}
    assert answer("job", "delete", "tick")["name"] == "tick"
    assert answer("worker", "drain", WORKER) == {"worker": WORKER, "heard": True}
    undrained = {"worker": WORKER, "wasDrained": True, "heard": True, "registered": True}
    assert answer("worker", "undrain", WORKER) == undrained
