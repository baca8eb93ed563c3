"""`worker list`: who is there, and whose clock is off."""

import time
from typing import Any

import pytest
from click.testing import CliRunner

from cli.client import Master
from cli.workers import list_workers


def listed(monkeypatch: pytest.MonkeyPatch, **entry: Any) -> list[str]:
    """The words of the row of one worker that the master tells of."""
    found = [{"id": "10.0.0.1", "registration": {"room": True}, **entry}]
    monkeypatch.setattr(Master, "get", lambda self, path: found)
    done = CliRunner().invoke(list_workers)
    assert done.exit_code == 0, done.output
    header, row = done.output.splitlines()
    assert header.split() == ["WORKER", "CLOCK", "SPOOL", "REGISTRATION"]
    return row.split()


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"clockAheadMs": 30, "clockOff": False}, ["+0.0", "s"]),
        ({"clockAheadMs": -30, "clockOff": False}, ["+0.0", "s"]),
        ({"clockAheadMs": -900, "clockOff": False}, ["-0.9", "s"]),
        ({"clockAheadMs": 3_600_000, "clockOff": True}, ["+3600.0", "s", "OFF"]),
        ({"clockAheadMs": None, "clockOff": False}, ["-"]),
        ({}, ["-"]),
    ],
)
def test_a_workers_clock_is_shown_by_how_far_it_is_from_the_masters(
    monkeypatch: pytest.MonkeyPatch, entry: dict[str, Any], shown: list[str]
) -> None:
    assert listed(monkeypatch, **entry) == ["10.0.0.1", *shown, "-", "room=true"]


def test_beside_a_go_worker_it_is_said_what_is_not_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = " ".join(listed(monkeypatch, kind="go", registration=None))
    assert row.endswith("a Go worker: runs every job, beside it once is best effort")


def test_who_drained_a_worker_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"by": "root", "at": 7, "reason": "new disks"}
    own = {"room": True, "draining": True, "drained": "drained by root (new disks)"}
    row = " ".join(listed(monkeypatch, drained=told, registration=own))
    assert row == "10.0.0.1 - - drained by root (new disks); room=true draining=true"


@pytest.mark.parametrize(
    ("spool", "shown"),
    [
        (
            {"waiting": 8, "since": 1_800_000_000_000},
            "8+ wait since 2027-01-15 08:00:00 +00:00",
        ),
        ({"cut": 4, "refused": 1}, "4+ outputs cut, 1+ refused by the log store"),
        ({"stuck": 1, "unreadable": 2}, "1+ of these not put aside, 2+ parts unreadable"),
        ({"leftToKeys": 1, "keysGone": 64}, "1+ made of their keys, 64+ in its spool alone"),
        ("nonsense", "-"),
    ],
)
def test_records_that_wait_and_what_was_lost_have_a_column(
    monkeypatch: pytest.MonkeyPatch, spool: Any, shown: str
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    row = " ".join(listed(monkeypatch, registration={"room": True, "spool": spool}))
    assert row == f"10.0.0.1 - {shown} room=true"


def test_what_is_wrong_with_executors_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"room": True, "executors": "1 missing"}
    row = " ".join(listed(monkeypatch, registration=own))
    assert row == '10.0.0.1 - - room=true executors="1 missing"'
