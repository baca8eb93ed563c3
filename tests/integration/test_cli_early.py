"""What was claimed and handed out ahead of its instant, as its job or its worker is stopped."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.client import Master
from tests.integration.standing_alone import Standalone
from tests.waiting import pause, stays, until

WORKER = "127.0.0.1"
BEGIN_MS, END_MS = 290, 170
"""So long before an instant, which is claimed 300 ms ahead, jobs are stopped."""
NEWS_MS = 150
"""So soon a worker has heard of a change, and taken back what has not started."""


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def await_before_an_instant(ahead_ms: int) -> int:
    """Wait until so long before a second begins; that second."""
    due_ms = (now_ms() + ahead_ms) // 1000 * 1000 + 1000
    while (left := due_ms - ahead_ms - now_ms()) > 0:
        pause(left / 1000)
    return due_ms


class Witness:
    """A standalone whose jobs note of which instants they are started."""

    def __init__(self, alone: Standalone, file: Path) -> None:
        self.master = Master(alone.url)
        self._file = file

    def save(self, name: str, expr: str = "* * * * * * *") -> None:
        """Have a job that is due each second, or so."""
        note = f"echo $FLEETCRON_JOB $FLEETCRON_PLAN_TIME >>{self._file}"
        job = {"name": name, "command": note, "cronExpr": expr}
        self.master.post_form("/job/save", job=json.dumps(job))

    def stop(self, name: str, how: str) -> None:
        """Pause it, delete it, or save it so that it is not due any more."""
        if how == "pause":
            self.master.post_json("/api/v1/pause", {"name": name})
        elif how == "delete":
            self.master.post_form("/job/delete", name=name)
        else:
            self.save(name, "0 0 1 1 *")

    def last(self, name: str = "") -> int:
        """The latest instant of which the job, or any, was started."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        noted = [line.split() for line in lines]
        return max((int(at) for job, at in noted if name in ("", job)), default=0)


@pytest.fixture
def witness(alone: Standalone, tmp_path: Path) -> Iterator[Witness]:
    """One of a standalone that has no other jobs, and takes runs again afterwards."""
    made = Witness(alone, tmp_path / "started")
    yield made
    made.master.post_json("/api/v1/worker/undrain", {"worker": WORKER})
    for entry in made.master.get("/job/list"):
        made.master.post_form("/job/delete", name=entry["name"])


@pytest.mark.parametrize("ahead_ms", [250, 190, 130])
def test_nothing_that_is_due_later_starts_once_a_drain_is_acknowledged(
    witness: Witness, ahead_ms: int
) -> None:
    for number in range(10):
        witness.save(f"job-{number}")
    until(lambda: witness.last(), why="they run")
    await_before_an_instant(ahead_ms)
    answer = witness.master.post_json("/api/v1/worker/drain", {"worker": WORKER})
    acknowledged = now_ms()
    assert answer["heard"]
    stays(lambda: witness.last() <= acknowledged, 0.5, "nothing due later is started")


def test_what_was_claimed_ahead_is_taken_back_by_a_pause_or_deletion_and_not_by_a_save(
    witness: Witness,
) -> None:
    names = [f"job-{number}" for number in range(18)]
    for name in [*names, "other"]:
        witness.save(name)
    until(lambda: all(map(witness.last, names)), why="all run")
    stopped: list[tuple[str, str, int, int]] = []
    hows = itertools.cycle(("pause", "delete", "save"))
    while names:
        due_ms = await_before_an_instant(BEGIN_MS)
        while names and now_ms() < due_ms - END_MS:
            name, how = names.pop(), next(hows)
            witness.stop(name, how)
            stopped.append((name, how, now_ms(), due_ms))
    until(lambda: witness.last("other") > stopped[-1][3], why="what was due before is started")
    for name, how, acknowledged, due_ms in stopped:
        if how == "save":
            assert witness.last(name) <= due_ms
        else:
            assert witness.last(name) <= acknowledged + NEWS_MS, (name, how)
