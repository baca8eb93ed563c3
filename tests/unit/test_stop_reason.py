"""A restart is told from a stop by what systemd says of the unit; all else is a stop."""

import os
from pathlib import Path

import pytest

from tests.systemctl import fake_systemctl, say
from worker.stop_reason import StopReason, unit_of

WORKER = "fleetcron-worker@w0.service"


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the fake systemd is told what to say; we were started by it."""
    folder = tmp_path / "systemd"
    for name, value in fake_systemctl(folder, os.environ["PATH"]).items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.mark.parametrize(
    ("job", "restart"),
    [("restart", True), ("try-restart", True), ("start", True), ("stop", False), ("", False)],
)
def test_a_restart_is_what_systemd_says_is_one(systemd: Path, job: str, restart: bool) -> None:
    say(systemd, job)
    assert StopReason().is_restart() is restart
    asked = (systemd / "asked").read_text().split()
    assert asked[0] == "list-jobs"
    assert asked[-1] == WORKER


def test_the_job_of_another_unit_says_nothing_of_ours(systemd: Path) -> None:
    say(systemd, "stop", {"fleetcron-worker@w01.service": "restart", "a.service": "restart"})
    assert not StopReason().is_restart()


@pytest.mark.parametrize("broken", ["exit 1", "exec /no/such/program", "kill -9 $$"])
def test_a_systemd_that_does_not_answer_means_a_stop(systemd: Path, broken: str) -> None:
    (systemd / "systemctl").write_text(f"#!/bin/sh\n{broken}\n")
    assert not StopReason().is_restart()


def test_without_systemctl_it_is_a_stop(systemd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(systemd / "nothing"))
    assert not StopReason().is_restart()


def test_who_was_not_started_by_systemd_does_not_ask_it(
    systemd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(systemd, "restart")
    monkeypatch.delenv("INVOCATION_ID")
    assert not StopReason().is_restart()
    assert not (systemd / "asked").exists()


def test_a_daemon_that_failed_is_started_again() -> None:
    reason = StopReason({})
    assert not reason.is_restart()
    told: list[str] = []
    reason.watching(lambda name, error: told.append(name))("scheduler", ValueError())
    assert reason.is_restart()
    assert told == ["scheduler"]


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        (f"0::/system.slice/system-fleetcron.slice/{WORKER}\n", (WORKER, False)),
        (f"0::/system.slice/{WORKER}/main\n", (WORKER, False)),
        (f"4:memory:/a\n1:name=systemd:/system.slice/{WORKER}\n0::/\n", (WORKER, False)),
        (f"0::/user.slice/user-1.slice/user@1.service/app.slice/{WORKER}\n", (WORKER, True)),
        ("0::/user.slice/user-1.slice/user@1.service/app.slice/app-term.scope\n", ("", False)),
        ("0::/user.slice/user-1.slice/session-4.scope\n", ("", False)),
        ("0::/\n", ("", False)),
        ("", ("", False)),
    ],
)
def test_the_unit_is_the_service_that_the_control_group_names(
    text: str, unit: tuple[str, bool]
) -> None:
    assert unit_of(text) == unit
