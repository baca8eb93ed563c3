"""A restart, and a death, of the worker's service during a run: what `onRestart` says happens."""

from collections.abc import Callable

import pytest

from tests.booted.station import EXECUTOR, WORKER, Station

WORK = "echo one; while ! test -e /tmp/go; do sleep 0.1; done; echo two; exit 3"


def restart(station: Station) -> None:
    """What an administrator says after an upgrade."""
    station.guest.sh(f"systemctl restart {WORKER}", 60.0)


def die(station: Station) -> None:
    """SIGKILL of the main process; systemd starts it again."""
    before = station.main_pid(WORKER)
    station.guest.run("kill", "-KILL", str(before))
    again = f'test "$(systemctl show -p MainPID --value {WORKER})" -gt {before}'
    station.guest.until(f"{again} && systemctl is-active {WORKER}", 60.0)


BOTH = pytest.mark.parametrize("end", [restart, die])


@BOTH
def test_a_run_that_is_kept_goes_on_and_its_end_is_recorded_once(
    station: Station, end: Callable[[Station], None]
) -> None:
    station.run("kept", WORK, onRestart="keep")
    executors = station.main_pid(EXECUTOR)
    (shell,) = station.pids("^/bin/sh -c touch /tmp/kept")
    end(station)
    assert station.pids("^/bin/sh -c touch /tmp/kept") == [shell]
    assert station.main_pid(EXECUTOR) == executors
    assert station.records("kept") == []
    station.guest.run("touch", "/tmp/go")
    record = station.record("kept")
    assert (record["outcome"], record["exitCode"]) == ("failed", 3)
    assert record["output"] == "one\ntwo\n"


@BOTH
def test_a_run_that_is_not_kept_is_gone_and_recorded_once(
    station: Station, end: Callable[[Station], None]
) -> None:
    station.run("ended", WORK, killGraceSeconds=1)
    end(station)
    assert station.pids("^/bin/sh -c touch /tmp/ended") == []
    assert station.record("ended", 60.0)["outcome"] in ("killed", "lost")


def test_a_kept_run_outlives_two_restarts(station: Station) -> None:
    station.run("kept", WORK, onRestart="keep")
    restart(station)
    die(station)
    station.guest.run("touch", "/tmp/go")
    record = station.record("kept")
    assert (record["exitCode"], record["output"]) == (3, "one\ntwo\n")


def test_what_ends_while_the_worker_is_away_is_recorded_by_its_next_life(station: Station) -> None:
    station.run("kept", WORK, onRestart="keep")
    station.drop_in(WORKER, "[Service]\nRestartSec=5\n")
    station.guest.run("kill", "-KILL", str(station.main_pid(WORKER)))
    station.guest.run("touch", "/tmp/go")
    record = station.record("kept", 60.0)
    assert (record["exitCode"], record["output"]) == (3, "one\ntwo\n")
