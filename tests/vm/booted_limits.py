"""The limits of a run, kept by a kernel with every controller: a real worker, its own records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.booted.guest import Guest
from tests.booted.root import VENV

MIB = 1 << 20
NEVER = "0 0 1 1 *"
PYTHON = "/usr/bin/python3 -S -c"
STANDALONE = f"""
[Service]
Type=notify
Delegate=yes
OOMPolicy=continue
KillMode=mixed
StateDirectory=alone
ExecStart={VENV}/bin/fleetcron standalone --data /var/lib/alone/data --default-user nobody
TimeoutStartSec=300
"""


class Alone:
    """`fleetcron standalone` in a service with a cgroup of its own, asked by the command line."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def save(self, *jobs: dict[str, Any]) -> None:
        """Save all these jobs at once; they are run by hand alone."""
        every = [{"cronExpr": NEVER, "killGraceSeconds": 1, **job} for job in jobs]
        self.guest.put("/tmp/jobs.json", json.dumps(every))
        self.guest.run(f"{VENV}/bin/fleetcron", "job", "save", "--file", "/tmp/jobs.json")

    def run(self, name: str) -> dict[str, Any]:
        """Run a job and give its record, the newest."""
        fleetcron = f"{VENV}/bin/fleetcron"
        self.guest.attempt(fleetcron, "job", "run", name)
        said = json.loads(self.guest.run(fleetcron, "job", "log", name, "-o", "json"))
        found: dict[str, Any] = (said if isinstance(said, list) else said["records"])[0]
        return found


@pytest.fixture(scope="module")
def alone(guest: Guest) -> Iterator[Alone]:
    """A standalone that all tests share, with the jobs of all."""
    guest.put("/etc/systemd/system/alone.service", STANDALONE)
    guest.sh("systemctl daemon-reload; systemctl start alone", 120.0)
    made = Alone(guest)
    made.save(
        {
            "name": "greedy",
            "command": f"{PYTHON} 'bytearray(200 << 20)'; echo not reached",
            "limitMemoryBytes": 64 * MIB,
        },
        {
            "name": "modest",
            "command": f"{PYTHON} 'bytearray(32 << 20)'; echo fine",
            "limitMemoryBytes": 256 * MIB,
        },
        {
            "name": "crowd",
            "command": "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; wait; echo all",
            "limitProcesses": 4,
        },
        {
            "name": "busy",
            "command": "timeout 5 sh -c 'while :; do :; done'; cat /proc/self/cgroup",
            "limitCpus": 0.25,
        },
    )
    yield made
    guest.attempt("systemctl", "stop", "alone")


def test_a_run_over_its_memory_limit_ends_as_oom_with_its_peak(alone: Alone) -> None:
    record = alone.run("greedy")
    assert record["outcome"] == "oom"
    assert 60 * MIB < record["peakMemoryBytes"] <= 64 * MIB
    assert "not reached" not in record["output"]


def test_a_run_within_its_memory_limit_is_a_success_and_its_peak_is_told(alone: Alone) -> None:
    record = alone.run("modest")
    assert (record["outcome"], record["output"]) == ("success", "fine\n")
    assert 32 * MIB < record["peakMemoryBytes"] < 256 * MIB


def test_a_run_gets_no_more_processes_than_its_limit(alone: Alone) -> None:
    record = alone.run("crowd")
    assert record["outcome"] != "success"
    assert "fork" in record["output"].lower()


def test_a_run_gets_no_more_of_a_processor_than_its_limit(alone: Alone) -> None:
    record = alone.run("busy")
    assert record["cpuSeconds"] < 5 * 0.25 * 1.5


def test_the_worker_is_none_the_worse_for_it(alone: Alone) -> None:
    assert alone.guest.sh("systemctl is-active alone").strip() == "active"
    assert alone.guest.sh("systemctl show -p NRestarts --value alone").strip() == "0"
