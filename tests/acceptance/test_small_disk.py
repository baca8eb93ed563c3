"""A worker whose disk is full while MongoDB is away: runs go on, and each is recorded later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, lines, open_file, stores, workers
from tests.scarcity import short_files, small_disk
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until
from worker.end_words import NOT_KEPT

OUTPUT = 100_000
LEAST_BYTES = 1 << 20
"""Of `spool_bytes`: as much lies in memory at most."""


class Scene:
    """One worker with little disk, and a log store that is still to be started."""

    def __init__(self, folder: Path, worker: Daemon, master: Master, mongodb: MongoServer) -> None:
        self.witness = open_file(folder / "witness")
        self.worker, self.master, self.mongodb = worker, master, mongodb
        self.names: list[str] = []

    def save(self, count: int, command: str) -> None:
        """So many jobs that are due each second, and say that they have started."""
        self.names = [f"tick{n}" for n in range(count)]
        for name in self.names:
            said = f"echo $FLEETCRON_RUN_ID >> {self.witness}; {command}"
            self.master.save(name, said, EVERY_SECOND)

    def started(self) -> list[str]:
        """All runs that have started, each as often as it has."""
        return lines(self.witness)

    def executors(self) -> list[psutil.Process]:
        """The worker's."""
        return self.worker.executors()

    def said(self) -> dict[str, Any]:
        """What the worker says of itself."""
        (worker,) = self.master.call("/api/v1/workers")
        return dict(worker["registration"])

    def recorded(self, known: Sequence[str]) -> list[dict[str, Any]]:
        """The records of these runs, once they are all there."""
        assert len({*known}) == len(known)

        def found() -> list[dict[str, Any]]:
            logs = [log for name in self.names for log in self.master.logs(name, 1000)]
            return logs if {log["runId"] for log in logs} >= {*known} else []

        ended = [log for log in until(found, why="all are recorded") if log["runId"] in known]
        assert len(ended) == len(known)
        assert {log["outcome"] for log in ended} == {"success"}
        return ended


@contextmanager
def scene(folder: Path, etcd: EtcdServer, bounded: bool = False) -> Iterator[tuple[Scene, bool]]:
    """A scene, and whether its disk is small; if not, or if `bounded`, what it may use is."""
    mongodb = MongoServer(folder / "mongodb")
    settings = stores([etcd.endpoint], mongodb.uri)
    leases: dict[str, Any] = {"lost_after_seconds": 60, "registration_seconds": 4}
    with small_disk(folder / "data0") as is_small:
        bound = {"spool_bytes": LEAST_BYTES} if bounded or not is_small else {}
        (worker,) = workers(folder, 1, settings, stop_timeout_seconds=1, **leases, **bound)
        master = Master(folder / "master", settings)
        master.start()
        worker.start()
        yield Scene(folder, worker, master, mongodb), is_small
        assert worker.child.stop(60) == 0
        assert master.child.stop(60) == 0
    mongodb.kill()


def test_on_a_full_disk_without_mongodb_runs_go_on_and_no_record_is_lost(
    tmp_path: Path, own_etcd: EtcdServer
) -> None:
    with scene(tmp_path, own_etcd) as (here, _):
        here.save(4, f"head -c {OUTPUT} /dev/zero | tr '\\0' x")
        full = "the spool keeps nothing of outputs"
        until(lambda: full in here.worker.log(), why="it is full")
        before = len(here.started())
        until(lambda: len(here.started()) >= before + 8, why="runs go on")
        here.mongodb.start()
        ended = here.recorded(here.started())
        assert {len(log["output"]) for log in ended} >= {0, OUTPUT}
        assert all(NOT_KEPT in log["reason"] for log in ended if not log["output"])
        until(lambda: here.said().get("spool", {}).get("cut"), why="it says how many were cut")


def test_where_nothing_more_can_be_kept_no_run_starts_and_all_that_did_are_recorded(
    tmp_path: Path, own_etcd: EtcdServer
) -> None:
    with scene(tmp_path, own_etcd, bounded=True) as (here, is_small):
        for executor in here.executors() if not is_small else ():
            short_files(executor.pid, 0)
        here.save(16, f": {'x' * 40_000}")
        short_of = until(lambda: here.said().get("shortOf"), why="it takes no runs")
        assert short_of.startswith("disk for how its runs end: ")
        assert not here.said()["room"]
        assert here.worker.log().count("no run is taken") == len(here.executors())
        known = here.started()
        here.mongodb.start()
        until(lambda: "shortOf" not in here.said(), why="it takes runs again")
        until(lambda: len(here.started()) > len(known), why="they start")
        here.recorded(known)
