"""`fleetcron logs` against a real master and worker: what a run printed, and what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.client import Master
from tests.integration.standing_alone import HERE, Standalone
from tests.waiting import until

NEVER_SOON = "0 0 1 1 *"
GATED = "echo one; while ! test -e {0}; do sleep 0.05; done; printf 'two\\nthr'; echo ee; exit {1}"


def save(alone: Standalone, name: str, command: str) -> None:
    """Save a job that is not due soon."""
    saved = alone.call("job", "save", name, "--schedule", NEVER_SOON, "--command", command)
    assert saved.exit_code == 0, saved.output


def begin(alone: Standalone, name: str) -> str:
    """Begin a run; its id, once it runs."""
    run_id = alone.call("job", "run", name, "--no-wait").stdout.strip()
    until(lambda: '"running"' in _runs(alone, name), why="it runs")
    return run_id


def _runs(alone: Standalone, name: str) -> str:
    return json.dumps(Master(alone.url).get("/api/v1/runs", name=name))


class Followed:
    """A `fleetcron logs` of its own process, and what it has printed so far."""

    def __init__(self, alone: Standalone, *arguments: str) -> None:
        argv = [sys.executable, "-m", "cli", "logs", *arguments, "--server", alone.url]
        self.process = subprocess.Popen(
            argv,
            cwd=HERE,
            env=dict(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out = self.err = ""
        self._readers = [threading.Thread(target=self._read, args=(n,)) for n in ("out", "err")]
        for reader in self._readers:
            reader.start()

    def _read(self, name: str) -> None:
        stream = self.process.stdout if name == "out" else self.process.stderr
        assert stream is not None
        for line in stream:
            setattr(self, name, getattr(self, name) + line)

    def end(self) -> int:
        """Its exit code."""
        code = self.process.wait(60)
        for reader in self._readers:
            reader.join(60)
        return code


@contextmanager
def following(alone: Standalone, *arguments: str) -> Iterator[Followed]:
    """One that is gone afterwards."""
    made = Followed(alone, *arguments)
    try:
        yield made
    finally:
        made.process.kill()
        made.end()


def test_a_run_is_followed_to_its_end(alone: Standalone, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    save(alone, "slow", GATED.format(gate, 3))
    run_id = begin(alone, "slow")
    with following(alone, "slow", "-f") as followed:
        until(lambda: followed.out == "one\n", why="what it printed before")
        gate.touch()
        assert followed.end() == 1
        assert followed.out == "one\ntwo\nthree\n"
        assert f"{run_id} on 127.0.0.1: failed: exit status 3\n" in followed.err
    again = alone.call("logs", "slow")
    assert (again.exit_code, again.stdout) == (0, "one\ntwo\nthree\n")
    assert alone.call("logs", "slow", "--from", "8", "--run", run_id).stdout == "three\n"


def test_what_a_run_printed_so_far_is_shown_without_waiting_for_its_end(
    alone: Standalone, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    save(alone, "going", GATED.format(gate, 0))
    run_id = begin(alone, "going")
    shown = alone.call("logs", "going")
    assert (shown.exit_code, shown.stdout) == (0, "one\n")
    timed = alone.call("logs", "going", "--times", "--run", run_id).stdout
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  one\n", timed)
    gate.touch()


def test_the_next_run_is_waited_for_where_none_runs(alone: Standalone) -> None:
    save(alone, "soon", "echo here")
    with following(alone, "soon", "-f") as followed:
        until(lambda: "its next run is waited for" in followed.err, why="it waits")
        alone.call("job", "run", "soon")
        assert followed.end() == 0
        assert followed.out == "here\n"


def test_a_run_that_printed_nothing_is_followed_too(alone: Standalone) -> None:
    save(alone, "quiet", "sleep 0.5")
    run_id = begin(alone, "quiet")
    with following(alone, "quiet", "-f", "--run", run_id) as followed:
        assert followed.end() == 0
        assert followed.out == ""


def test_why_a_run_could_not_start_is_said_in_the_place_of_its_output(alone: Standalone) -> None:
    save(alone, "nowhere", "true")
    assert alone.call("job", "save", "nowhere", "--set", "cwd=/no/such/place").exit_code == 0
    run_id = re.findall(r"nowhere@\S+", alone.call("job", "run", "nowhere").stderr)[-1]
    said = "could_not_start: cwd /no/such/place: No such file or directory\n"
    for arguments in ((), ("--run", run_id)):
        shown = alone.call("logs", "nowhere", *arguments)
        assert (shown.exit_code, shown.stdout) == (0, "")
        assert shown.stderr == f"{run_id} on 127.0.0.1: {said}"


def test_right_after_a_kill_it_is_the_killed_run_that_is_shown(
    alone: Standalone, tmp_path: Path
) -> None:
    save(alone, "shot", f"echo one; touch {tmp_path}/gate; sleep 1000")
    run_id = begin(alone, "shot")
    until((tmp_path / "gate").exists, why="it has printed")
    assert alone.call("job", "kill", "shot").exit_code == 0
    shown = alone.call("logs", "shot")
    assert (shown.exit_code, shown.stdout) == (0, "one\n")
    assert shown.stderr in ("", f"{run_id} on 127.0.0.1: killed: signal: terminated\n")


def test_what_cannot_be_shown_is_said(alone: Standalone) -> None:
    save(alone, "never", "true")
    for arguments, said in (
        (("never",), "never has not run yet"),
        (("nobody",), "no job named 'nobody'"),
        (("never", "--run", "never@1"), "no run 'never@1' of the job 'never' is known"),
        (("never", "--from", "-1"), "-1 is not in the range"),
    ):
        result = alone.call("logs", *arguments)
        assert result.exit_code != 0
        assert said in result.stderr
