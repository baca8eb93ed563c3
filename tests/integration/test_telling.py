"""What `on_failure_command` is told, and what it gets."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.executing import processes_of
from tests.integration.hearing import filed, record, telling, told
from tests.integration.standing_alone import Standalone
from tests.waiting import until
from worker import telling as telling_module
from worker.ends_told import EndsTold
from worker.orders import Over
from worker.spooled import Range
from worker.telling import Telling


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


def test_what_the_command_was_started_for_in_one_life_the_next_one_does_not_tell_again(
    tmp_path: Path,
) -> None:
    heard, notes = tmp_path / "heard", tmp_path / "notes"
    with telling(f"cat >>{heard}", notes=notes) as body:
        body.tell(filed(record(1)))
        told(heard)
    with telling(f"cat >>{heard}", notes=notes) as body:
        body.tell(filed(record(1), record(1, "lost"), record(2)))
        found = told(heard, 3)
    assert [(each["runId"], each["outcome"]) for each in found] == [
        ("a@1", "failed"), ("a@1", "lost"), ("a@2", "failed")
    ]  # fmt: skip


def test_what_still_waited_when_a_life_ended_the_next_one_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling_module, "AT_STOP_SECONDS", 0.0)
    heard, notes = tmp_path / "heard", tmp_path / "notes"
    with telling(f"cat >>{heard}; exec sleep 1000", notes=notes) as body:
        body.tell(filed(record(1), record(2)))
        told(heard)
    with telling(f"cat >>{heard}", notes=notes) as body:
        body.tell(filed(record(1), record(2)))
        assert [each["runId"] for each in told(heard, 2)] == ["a@1", "a@2"]


def test_a_failure_whose_end_gives_no_record_is_told_by_the_record_of_its_key(
    tmp_path: Path,
) -> None:
    heard = tmp_path / "heard"
    over = Over("a@1", "failed", 1, None, 1, 2, "exit code 1", "", 8)
    with telling(f"cat >>{heard}") as body:
        body.tell(EndsTold(Range("life", 0, 0, 0, 8, 20), (over,)))
        until(lambda: body.dropped, why="it is looked for")
        body.tell(filed(record(1)))
        assert [each["runId"] for each in told(heard)] == ["a@1"]


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
