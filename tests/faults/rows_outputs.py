"""Row 24: jobs that print without end, or what is no text."""

from __future__ import annotations

import logging
import threading
from typing import Any

import bson
import pytest

from tests.acceptance.fleet import own
from tests.faults.calls import post
from tests.faults.sizes import size
from tests.faults.trial import Trial
from tests.waiting import pause, until

log = logging.getLogger(__name__)

BYTES = size(1 << 28, 1 << 30)
WARM_BYTES = 1 << 20
KEPT = 64 << 10
"""Of the beginning and of the end."""
GROWN_BYTES = 10e6
MOST_OF_A_DOCUMENT = 16 << 20
NEVER = "0 0 0 1 1 * 2099"

ZEROS = "head -c {0} /dev/zero"
LINES = "yes | head -c {0}"
ONE_LINE = "head -c {0} /dev/zero | tr '\\0' x"
RANDOM = "head -c {0} /dev/urandom"


class Peak:
    """A thread that looks how large the largest of a worker's processes has grown."""

    def __init__(self, trial: Trial) -> None:
        (station,) = trial.fleet.stations
        self._processes = station.daemon.processes()
        self._before = self._read()
        self._grown = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def grown(self) -> int:
        """By how many bytes any of them was larger at most; ends the thread."""
        self._over.set()
        self._thread.join()
        return self._grown

    def _read(self) -> list[int]:
        return [process.memory_info().rss for process in self._processes]

    def _look(self) -> None:
        while not self._over.wait(0.1):
            more = (now - then for now, then in zip(self._read(), self._before, strict=True))
            self._grown = max(self._grown, *more)


def ran(trial: Trial, name: str, command: str) -> dict[str, Any]:
    """The document of a run of the command, once it is there."""
    trial.master().save(name, command, NEVER)
    (run_id,) = post(trial.master(), "/api/v1/run", {"name": name})["runs"]
    with trial.fleet.mongodb.client() as client:
        found = client["cron"]["log"]
        document = until(lambda: found.find_one({"_id": run_id}), 300, "it is recorded")
        pause(0.5)
        assert found.count_documents({"jobName": name}) == 1
    trial.master().call("/job/delete", name=name)
    return document


@pytest.mark.parametrize("fleet", [{"workers": 1, "masters": 1}], indirect=True, ids=["alone"])
@pytest.mark.parametrize(
    "command",
    [ZEROS, LINES, ONE_LINE, RANDOM],
    ids=["zeros", "lines", "one line", "random"],
)
def test_row_24_a_job_that_prints_without_end_costs_no_memory_and_keeps_both_ends(
    trial: Trial, command: str
) -> None:
    for number in range(4):
        ran(trial, own(f"warm-{number}"), command.format(WARM_BYTES))
    peak = Peak(trial)
    document = ran(trial, own("flood"), f"echo first; {command.format(BYTES)}; echo; echo last")
    grown = peak.grown()
    log.info("%d bytes printed, the largest growth of a process %.1f MB", BYTES, grown / 1e6)
    assert document["outcome"] == "success"
    assert document["outputBytes"] == BYTES + len("first\n\nlast\n")
    assert document["truncated"] is True
    output = document["output"]
    assert output.startswith("first\n")
    assert output.endswith("\nlast\n")
    assert len(output) <= 2 * KEPT + 200
    assert len(bson.encode(document)) < MOST_OF_A_DOCUMENT
    assert grown < GROWN_BYTES, f"a process grew by {grown / 1e6:.1f} MB"
