"""Row 23: a worker whose disk is full, or whose spool was torn as it was written."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import own
from tests.faults.evidence import RAN, Record
from tests.faults.fleet import Fleet
from tests.faults.station import Station
from tests.faults.trial import Trial
from tests.faults.true_clock import now_ms
from tests.faults.witness import Start
from tests.waiting import pause, until
from worker.ends_file import Frame, ends_files, frames

DISK = "1m"
PRINTERS, PRINTED = 4, 60_000
FULL_SECONDS = 15.0
LATE_MS = 2000
SHOWN_SECONDS = 30.0
BACKLOG_SECONDS = 60.0
HEAD_BYTES = 8
"""Of a frame; what is behind is what was told."""


@pytest.fixture
def small(fleet: Fleet) -> Iterator[Station]:
    """A worker whose data lies on a disk of 1 MB of its own; only root can give it one."""
    assert os.geteuid() == 0, "this row mounts a file system, which only root can do"
    station = fleet.stations[0]
    station.daemon.child.stop(60)
    options = f"size={DISK},mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", station.data], check=True)
    try:
        station.start()
        yield station
        station.kill_host()
    finally:
        subprocess.run(["umount", "-l", station.data], check=True)


class Printer:
    """Jobs of one worker's, due each second, each of which prints more than a disk has room for.

    The trial knows nothing of them, since what they print is not what it expects.
    """

    def __init__(self, trial: Trial, station: Station) -> None:
        self._trial = trial
        self.names = [own(f"printer-{number}") for number in range(PRINTERS)]
        shout = f"head -c {PRINTED} /dev/zero | tr '\\0' x"
        for name in self.names:
            command = trial.fleet.witness.command(shout)
            where = [f"instance={station.name}"]
            trial.master().save(name, command, "* * * * * * *", where=where)

    def starts(self) -> list[Start]:
        """All so far."""
        return [each for each in self._trial.fleet.witness.starts() if each.job in self.names]

    def records(self) -> list[dict[str, Any]]:
        """The documents of all that ran."""
        with self._trial.fleet.mongodb.client() as client:
            wanted = {"jobName": {"$in": self.names}, "outcome": {"$in": list(RAN)}}
            return list(client["cron"]["log"].find(wanted))

    def delete(self) -> None:
        """Let no more of them run; returns when all have ended."""
        for name in self.names:
            self._trial.master().call("/job/delete", name=name)
        pause(1.0)
        until(lambda: all(start.ended for start in self.starts()), why="all have ended")


def spool_of(trial: Trial, station: Station) -> dict[str, Any]:
    """What a master shows of what a worker has still to record."""
    found = trial.master().call("/api/v1/workers")
    (entry,) = (each for each in found if each["id"] == station.identity)
    told = (entry["registration"] or {}).get("spool", {})
    assert isinstance(told, dict)
    return told


def test_row_23_a_full_disk_costs_outputs_that_are_counted_and_no_start_and_no_record(
    small: Station, trial: Trial
) -> None:
    ticks = trial.job(1, hosts="all")
    ticks.wait_start()
    trial.fleet.mongodb.kill()
    with trial.fault("a disk of 1 MB, and no log store"):
        printer = Printer(trial, small)
        pause(FULL_SECONDS)
        until(lambda: spool_of(trial, small).get("cut"), SHOWN_SECONDS, "it is shown")
        printer.delete()
        assert small.running
        late = [start for start in printer.starts() if trial.lateness(start) > LATE_MS]
        assert not late, f"{len(late)} starts came late: {late[0]}"
        trial.fleet.mongodb.start()
    started = {start.run_id for start in printer.starts()}
    until(
        lambda: started <= {each["_id"] for each in printer.records()},
        BACKLOG_SECONDS,
        "all that ran is recorded",
    )
    records = printer.records()
    assert {each["_id"] for each in records} == started
    less = [each for each in records if each.get("truncated")]
    assert less
    assert all("output" in each["reason"] for each in less)
    assert {each["outcome"] for each in records} == {"success"}
    assert spool_of(trial, small)["cut"] <= len(less)


def last_frames(folder: Path) -> list[tuple[Path, Frame]]:
    """The last frame of each file of ends below a worker's data."""
    homes = {path.parent for path in folder.rglob("*.ends")}
    paths = [path for home in homes for number in (0, 1) for path in ends_files(home, number)]
    return [(path, found[-1]) for path in paths if (found := list(frames(path)))]


def tear(path: Path, frame: Frame) -> None:
    """Leave a frame as a write leaves it that was cut off: its second half was never written."""
    half = (frame.end - frame.begin) // 2
    with path.open("r+b") as file:
        file.seek(frame.end - half)
        file.write(bytes(half))


def test_row_23_a_write_that_was_cut_off_costs_nothing_but_what_was_being_written(
    trial: Trial,
) -> None:
    jobs = [trial.job(1, name=f"t{number}", hosts="all") for number in range(3)]
    station = trial.fleet.stations[0]
    for job in jobs:
        job.wait_start()
    trial.fleet.mongodb.kill()
    with trial.fault("no log store, and a worker that loses its power in a write"):
        pause(4.0)
        station.kill_host()
        torn = last_frames(station.data)
        assert torn, "nothing lies in the spool"
        for path, frame in torn:
            tear(path, frame)
        station.start()
        after = now_ms()
        jobs[0].wait_start(after)
        trial.fleet.mongodb.start()
    mine = [start for job in jobs for start in job.starts() if start.parent in station.executors]
    old = {start.run_id for start in mine if start.plan < after - 1000}
    names = [job.name for job in jobs]

    def told() -> dict[str, Record]:
        found = {each.run_id: each for each in trial.records_of(*names)}
        return {run_id: found[run_id] for run_id in old} if old <= found.keys() else {}

    found = until(told, BACKLOG_SECONDS, "all that ran is recorded")
    less = [run_id for run_id, each in found.items() if each.output != f"{run_id}\n"]
    assert 0 < len(less) <= len(torn) + len(jobs), less
