"""What `on_failure_command` is told, what it gets, and what bounds it."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.loop import Loop
from common.record import JobLog
from tests.integration.executing import processes_of, state_of
from tests.integration.standing_alone import Standalone
from tests.waiting import until
from worker import telling as telling_module
from worker.filing import Filing
from worker.telling import Telling


def record(number: int, outcome: str = "failed", output: str = "") -> JobLog:
    """The record of a run that ended so."""
    return JobLog("a", "false", "", output, 1, 1, 1, 1, run_id=f"a@{number}", outcome=outcome)


def filed(*records: JobLog) -> Filing:
    """Records as the batcher is given them."""
    return Filing(records, "/cron/runs/a/a@1")


@contextmanager
def telling(command: str, seconds: float = 60.0, parallel: int = 1) -> Iterator[Telling]:
    """A telling on its thread, with a text for the shell; stopped afterwards."""
    deaths: list[BaseException] = []
    body = Telling(("/bin/sh", "-c", command), seconds, parallel)
    loop = Loop(body, lambda name, error: deaths.append(error))
    loop.start()
    try:
        yield body
    finally:
        loop.ask()
        assert loop.join(60)
        assert not deaths


def told(file: Path, count: int = 1) -> list[dict[str, object]]:
    """So many records as the command wrote them down."""
    lines = until(lambda: _lines(file) if len(_lines(file)) >= count else None, why="it is told")
    return [json.loads(line) for line in lines]


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_all_but_a_success_is_told_as_one_line_of_json(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with telling(f"cat >>{heard}") as body:
        body.tell(filed(record(1, "success"), record(2, "missed"), record(3, "failed", "é\n" * 9)))
        found = told(heard, 2)
    assert [(each["runId"], each["outcome"]) for each in found] == [
        ("a@2", "missed"),
        ("a@3", "failed"),
    ]
    assert found[1]["output"] == "é\n" * 9


def test_a_record_that_comes_twice_is_told_once_unless_it_ended_otherwise(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    with telling(f"cat >>{heard}") as body:
        for outcome in ("lost", "lost", "failed", "failed"):
            body.tell(filed(record(1, outcome)))
        body.tell(filed(record(2)))
        found = told(heard, 3)
    assert [(each["runId"], each["outcome"]) for each in found] == [
        ("a@1", "lost"), ("a@1", "failed"), ("a@2", "failed")
    ]  # fmt: skip


def test_the_command_gets_no_more_than_a_small_environment_and_a_clean_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_SECRET", "hidden")
    heard = tmp_path / "heard"
    with telling(f"env >{heard}.new; pwd >>{heard}.new; mv {heard}.new {heard}") as body:
        body.tell(filed(record(7, "timeout")))
        until(heard.exists, why="it is told")
    *said, place = heard.read_text().splitlines()
    names = {line.partition("=")[0] for line in said} - {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names == {
        "PATH", "HOME", "USER", "LOGNAME", "LANG",
        "FLEETCRON_JOB", "FLEETCRON_OUTCOME", "FLEETCRON_RECORD",
    }  # fmt: skip
    assert {"FLEETCRON_JOB=a", "FLEETCRON_OUTCOME=timeout", "FLEETCRON_RECORD=a@7"} <= set(said)
    assert place == "/"


def test_a_record_larger_than_a_pipe_is_no_trouble_to_a_command_that_does_not_read(
    tmp_path: Path,
) -> None:
    heard = tmp_path / "heard"
    with telling(f"echo {{}} >>{heard}") as body:
        body.tell(filed(record(1, output="x" * 300_000), record(2)))
        assert len(told(heard, 2)) == 2


def test_a_command_that_takes_too_long_is_killed_with_its_group(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heard = tmp_path / "heard"
    child = tmp_path / "child"
    slow = f"sleep 600 & echo $! >{child}; wait"
    with telling(f'test "$FLEETCRON_RECORD" = a@1 && {{ {slow}; }}; cat >>{heard}', 2.0) as body:
        body.tell(filed(record(1), record(2)))
        assert told(heard)[0]["runId"] == "a@2"
        pid = int(child.read_text())
        until(lambda: state_of(pid) in ("", "Z"), why="its child is dead")
    assert "job=a run=a@1: on_failure_command failed: it took too long" in caplog.text


def test_what_the_command_leaves_behind_is_ended_and_holds_nothing_up(tmp_path: Path) -> None:
    heard, child = tmp_path / "heard", tmp_path / "child"
    with telling(f"sleep 600 & echo $! >{child}; cat >>{heard}") as body:
        body.tell(filed(record(1), record(2)))
        told(heard, 2)
        pid = int(child.read_text())
        until(lambda: state_of(pid) in ("", "Z"), why="its child is dead")


@pytest.mark.parametrize(
    ("command", "said"),
    [("exit 3", "exit status 3"), ("kill -9 $$", "signal 9")],
)
def test_that_the_command_fails_is_a_warning(
    command: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with telling(command) as body:
        body.tell(filed(record(1)))
        until(lambda: f"on_failure_command failed: {said}" in caplog.text, why="it is said")


def test_a_command_that_cannot_be_started_is_a_warning_and_does_no_other_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = Telling(("/no/such/program",), 5.0, 1)
    body.tell(filed(record(1), record(2)))
    body.close()
    assert caplog.text.count("/no/such/program") == 2


def test_no_more_run_at_once_than_is_said(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with telling(f"touch {tmp_path}/$FLEETCRON_RECORD; read line <{gate}", parallel=2) as body:
        body.tell(filed(*(record(n) for n in range(5))))
        until(lambda: (tmp_path / "a@1").exists(), why="two run")
        assert len(body._children) == 2
        assert not (tmp_path / "a@2").exists()
        with gate.open("w", buffering=1) as writer:
            writer.write("x\n")
            until((tmp_path / "a@2").exists, why="the third runs when the first is over")
            writer.write("x\n" * 9)
            until((tmp_path / "a@4").exists, why="all run")


def test_what_too_many_records_wait_for_is_not_told_counted_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(telling_module, "MOST_WAITING", 3)
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 60.0)
    heard = tmp_path / "heard"
    body = Telling(("/bin/sh", "-c", f"cat >>{heard}"), 60.0, 1)
    body.tell(filed(*(record(n) for n in range(10))))
    assert body.dropped == 7
    body.close()
    assert len(told(heard, 3)) == 3
    assert caplog.text.count("it is not told of further ones") == 1
    assert "not told of 7 records in all" in caplog.text


def test_too_much_output_is_left_out_and_the_record_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(telling_module, "MOST_OUTPUT", 10)
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 60.0)
    heard = tmp_path / "heard"
    body = Telling(("/bin/sh", "-c", f"cat >>{heard}"), 60.0, 1)
    body.tell(filed(record(1, output="12345678"), record(2, output="12345678")))
    body.close()
    assert [each.get("shortened", False) for each in told(heard, 2)] == [False, True]


def test_a_stop_gives_the_command_a_short_while_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 1.0)
    pid = tmp_path / "pid"
    body = Telling(("/bin/sh", "-c", f"echo $$ >{pid}; exec sleep 600"), 60.0, 1)
    body.tell(filed(record(1), record(2)))
    began = time.monotonic()
    body.close()
    assert time.monotonic() - began < 30
    assert state_of(int(pid.read_text())) == ""
    assert "not told of 1 records in all" in caplog.text


def test_a_worker_tells_of_what_failed_and_of_what_did_not_start(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    alone = Standalone(tmp_path / "data", "--on-failure", f"cat >>{heard}")
    alone.start()
    try:
        for name, command in (("good", "true"), ("bad", "echo oh; exit 3")):
            alone.call("job", "save", name, "--schedule", "@yearly", "--command", command)
            alone.call("job", "run", name)
        found = told(heard)
    finally:
        alone.child.stop(60)
    assert [(each["jobName"], each["output"], each["err"]) for each in found] == [
        ("bad", "oh\n", "exit status 3")
    ]
    assert not processes_of(str(found[0]["runId"]))


@contextmanager
def unpleasant_signals() -> Iterator[None]:
    """For a while we ignore and block signals, as what starts a daemon may."""
    ignored = (signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGCHLD)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR1})
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def test_the_command_inherits_no_signal_that_the_daemon_was_to_ignore(tmp_path: Path) -> None:
    heard, notes = tmp_path / "heard", f"cat /proc/self/status >{tmp_path}/notes"
    alone = Standalone(tmp_path / "data", "--on-failure", f"{notes}; cat >{heard}")
    with unpleasant_signals():
        alone.start()
    try:
        for ignored in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
            os.kill(alone.child.pid, ignored)
        alone.call("job", "save", "bad", "--schedule", "@yearly", "--command", "exit 3")
        alone.call("job", "run", "bad")
        (found,) = told(heard)
    finally:
        alone.child.stop(60)
    said = dict(line.split(":", 1) for line in (tmp_path / "notes").read_text().splitlines())
    assert (int(said["SigIgn"], 16), int(said["SigBlk"], 16)) == (0, 0)
    assert found["err"] == "exit status 3"
    assert alone.child.exit_code == 0
