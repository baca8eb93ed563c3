"""A worker for which there are few processes or descriptors: it holds runs back, and says so."""

import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.standing_alone import Standalone
from tests.waiting import until
from worker.admission import PART
from worker.executor_setup import DESCRIPTORS_PER_RUN, SPARE_DESCRIPTORS

FOR_THREE_RUNS = int((SPARE_DESCRIPTORS + 3 * DESCRIPTORS_PER_RUN) / PART) + 1
"""So many descriptors of an executor are enough for three runs at four fifths of them."""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Standalone]:
    """A worker of this machine, whose jobs wait at a gate until a test opens that."""
    made = Standalone(tmp_path / "data")
    made.start()
    yield made
    made.child.stop(60)


def registration(alone: Standalone) -> dict[str, Any]:
    """What the worker says of itself."""
    (worker,) = json.loads(alone.call("worker", "list", "-o", "json").output)
    said: dict[str, Any] = worker["registration"]
    return said


def outcomes(alone: Standalone, name: str) -> list[str]:
    """How the runs of a job ended so far, newest first."""
    found = json.loads(alone.call("job", "log", name, "-o", "json").output)
    return [record["outcome"] for record in found]


def save(alone: Standalone, count: int, command: str) -> None:
    """So many jobs that are due each second."""
    jobs = [
        {"name": f"j{n}", "command": command, "cronExpr": "* * * * * * *",
         "startDeadlineSeconds": 1, "timeoutSeconds": 20}
        for n in range(count)
    ]  # fmt: skip
    assert alone.call("job", "save", "--file", "-", given=json.dumps(jobs)).exit_code == 0


def test_at_four_fifths_of_its_descriptors_a_worker_takes_no_run_and_takes_them_again(
    alone: Standalone, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    for executor in psutil.Process(alone.child.pid).children():
        _, hard = resource.prlimit(executor.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(executor.pid, resource.RLIMIT_NOFILE, (FOR_THREE_RUNS, hard))
    save(alone, 8, f"until [ -e {gate} ]; do sleep 0.1; done")
    full = until(lambda: registration(alone).get("shortOf"), why="it holds runs back")
    assert full == "descriptors: the executors may have enough for 6 runs"
    assert not registration(alone)["room"]
    assert "no run is taken until there is more: descriptors" in alone.child.log.read_text()
    gate.touch()
    names = [f"j{n}" for n in range(8)]
    until(lambda: all("success" in outcomes(alone, name) for name in names), why="all had a turn")
    assert not any("could_not_start" in outcomes(alone, name) for name in names)
    until(lambda: "shortOf" not in registration(alone), why="there is enough again")
