"""`fleetcron standalone` as a process: what survives, what it refuses, how it ends."""

import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import fleetcron
from tests.integration.standing_alone import Standalone
from tests.own_user import OWN_USER
from tests.servers.child import Child
from tests.waiting import until


def refused(*options: str) -> Result:
    return CliRunner().invoke(fleetcron, ["standalone", *options])


def test_jobs_and_logs_outlive_a_kill_of_the_process(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    command = ["--schedule", "*/1 * * * * * *", "--command", "echo hello"]
    assert alone.call("job", "save", "a", *command).exit_code == 0
    until(lambda: "success" in alone.call("job", "log", "a").stdout, why="the first log")
    before = alone.call("job", "log", "a", "-o", "json", "--limit", "1").stdout
    alone.child.kill()
    alone.start()
    assert "a" in alone.call("job", "list").stdout.split()
    log = alone.call("job", "log", "a", "-o", "json", "--limit", "1000").stdout
    assert before.partition('"runId": ')[2].split(",")[0] in log
    assert alone.child.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(tmp_path: Path, number: int) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    alone.child.send(number)
    assert alone.child.wait(60) == 0
    assert alone.child.log.read_text().endswith("fleetcron standalone has stopped\n")


def test_its_data_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    alone.child.stop()
    assert alone.data.stat().st_mode & 0o777 == 0o700
    files = [path for path in alone.data.rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def ends(*options: str, log: Path) -> str:
    """What a standalone says that ends by itself with exit code 1."""
    child = Child([sys.executable, "-m", "cli", "standalone", *options], log)
    child.start()
    assert child.wait(60) == 1
    return log.read_text()


def test_a_second_one_on_the_same_data_is_told_who_has_it(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data")
    alone.start()
    said = ends(
        *["--data", str(alone.data), "--listen", "127.0.0.1:0"], log=tmp_path / "second.log"
    )
    assert f"{alone.child.pid}" in said
    assert "Traceback" not in said
    assert alone.call("job", "list").exit_code == 0
    alone.child.stop()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = ends(
            *["--data", str(tmp_path / "data"), "--listen", f"127.0.0.1:{port}"],
            log=tmp_path / "log",
        )
    assert str(port) in said
    assert "Address already in use" in said
    assert "Traceback" not in said


def test_an_open_address_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    result = refused("--listen", "0.0.0.0:0", "--data", str(tmp_path / "data"))
    assert result.exit_code == 1
    assert "insecure_listen" in str(result.exception)
    assert not (tmp_path / "data").exists()


def test_an_open_address_is_served_when_it_was_asked_for(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data", "--listen", "0.0.0.0:0", "--insecure-listen")
    alone.start()
    assert "WARNING" in alone.child.log.read_text()
    alone.child.stop()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--keep-days", "-1"], "'--keep-days': expected a number from 0 to 36500, got -1.0"),
        (["--keep-days", "nan"], "'--keep-days': expected a number from 0 to 36500, got nan"),
        (["--keep-bytes", str(1 << 60)], "'--keep-bytes': expected a whole number from 0"),
        (["--keep-days", "5", "--keep-failed-days", "2"], "keep_failed_days: 2 is less than"),
        (["--keep-failed-days", "2"], "keep_failed_days is set and keep_days is not"),
        (["--keep-runs", "5", "--keep-failed-runs", "2"], "keep_failed_runs: 2 is less than"),
        (["--keep-audit-days", "inf"], "'--keep-audit-days': expected a number from 0 to 36500"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_made(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    result = refused(*options, "--data", str(tmp_path / "data"))
    assert result.exit_code == 2
    assert sentence in result.output
    assert not (tmp_path / "data").exists()


def test_a_user_that_is_not_there_is_refused(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"]
    said = ends(*options, "--allow-user", "nobody-of-that-name", log=tmp_path / "log")
    assert "nobody-of-that-name" in said


def ran(alone: Standalone, name: str, *fields: str) -> tuple[str, str]:
    """Save a job that says who it is, run it now, and give what it printed and its record."""
    command = ["--schedule", "0 0 1 1 *", "--command", "id -un"]
    sets = [word for field in fields for word in ("--set", field)]
    saved = alone.call("job", "save", name, *command, *sets)
    assert saved.exit_code == 0, saved.output
    return alone.call("job", "run", name).output, alone.call("job", "log", name).output


def test_jobs_of_root_run_as_nobody_unless_it_says_as_whom(tmp_path: Path) -> None:
    alone = Standalone(tmp_path / "data", "--default-user", "", "--run-as", "daemon")
    alone.start()
    as_root = os.getuid() == 0
    warning = "this worker is root: jobs that name no user run as nobody"
    assert (warning in alone.child.log.read_text()) == as_root
    assert ("nobody\n" if as_root else OWN_USER) in ran(alone, "mine")[0]
    assert ("daemon\n" if as_root else "could_not_start: ") in ran(alone, "its", "user=daemon")[0]
    printed, record = ran(alone, "roots", "user=root")
    assert "root\n" not in printed.splitlines(keepends=True)
    assert "could_not_start" in record
    alone.child.stop()
