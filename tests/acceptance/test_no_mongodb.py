"""A fleet whose MongoDB is away, from the start or for a while: runs go on, records come later."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, lines, open_file, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until


@pytest.fixture
def settings(own_etcd: EtcdServer, away: MongoServer) -> Mapping[str, Any]:
    """The settings of the two stores."""
    return stores([own_etcd.endpoint], away.uri)


def test_a_fleet_is_ready_without_mongodb_and_its_records_come_with_it(
    tmp_path: Path, settings: Mapping[str, Any], away: MongoServer
) -> None:
    master = Master(tmp_path / "master", settings)
    leases = {"lost_after_seconds": 60, "registration_seconds": 4}
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **leases)
    master.start()
    worker.start()
    witness = open_file(tmp_path / "witness")
    command = f"echo $FLEETCRON_RUN_ID | tee -a {witness}"
    master.save("tick", command, EVERY_SECOND, onRestart="keep")  # it may die beside a run
    _ran(witness, 2)
    worker.die()
    worker.start()
    before = len(lines(witness))
    _ran(witness, before + 2)
    away.start()

    def recorded() -> set[str]:
        """All that ran, once it is recorded with its output."""
        found = [log for log in master.logs("tick", 1000) if log["outcome"] == "success"]
        assert len({log["runId"] for log in found}) == len(found)
        told = {log["runId"] for log in found if log["output"] == f"{log['runId']}\n"}
        return told if told >= set(lines(witness)[: before + 2]) else set()

    until(recorded, why="each run is recorded once, with its output")
    assert worker.child.stop(60) == 0
    assert master.child.stop(60) == 0


def _ran(witness: Path, count: int) -> None:
    until(lambda: len(lines(witness)) >= count, why=f"{count} runs")


def test_daemons_that_never_met_mongodb_stop_in_time(
    tmp_path: Path, settings: Mapping[str, Any]
) -> None:
    daemons: list[Daemon] = [Master(tmp_path / "master", settings)]
    daemons += workers(tmp_path, 1, settings, stop_timeout_seconds=1)
    for daemon in daemons:
        daemon.start()
    master, worker = daemons
    until(lambda: "no record is read, and it is tried again" in master.log(), why="it says so")
    until(lambda: "records wait, and it is tried again" in worker.log(), why="it says so")
    assert [daemon.child.stop(20) for daemon in daemons] == [0, 0]
