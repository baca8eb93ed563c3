"""MongoDB away while a worker is killed twice: each run has one record afterwards, with output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Master, lines, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

JOBS = [f"tick-{number}" for number in range(4)]


@pytest.fixture
def mongodb(tmp_path: Path) -> Iterator[MongoServer]:
    """A server of the test's own, that answers."""
    made = MongoServer(tmp_path / "mongodb")
    made.start()
    yield made
    made.kill()


def test_a_worker_killed_twice_without_mongodb_leaves_one_record_of_each_run(
    tmp_path: Path, own_etcd: EtcdServer, mongodb: MongoServer
) -> None:
    settings = stores([own_etcd.endpoint], mongodb.uri)
    master = Master(tmp_path / "master", settings)
    leases = {"lost_after_seconds": 60, "registration_seconds": 4}
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **leases)
    for daemon in (master, worker):
        daemon.start()
    witness = tmp_path / "witness"
    witness.touch(0o666)
    witness.chmod(0o666)
    for name in JOBS:
        master.save(name, f"echo $FLEETCRON_RUN_ID | tee -a {witness}", EVERY_SECOND)
    _more(witness, 2 * len(JOBS))
    mongodb.kill()
    for _ in range(2):
        _more(witness, 2 * len(JOBS))
        before = worker.log().count("worker is ready")
        worker.die()
        worker.start(wait=False)
        worker.wait_ready(before)
    _more(witness, 2 * len(JOBS))
    for name in JOBS:
        master.call("/job/delete", name=name)
    mongodb.start()
    started = until(lambda: _recorded(master, witness), why="each run is recorded")
    with mongodb.client() as client:
        ids = {each["_id"]: each for each in client["cron"]["log"].find({})}
    assert started <= ids.keys()
    for run_id in started:
        assert ids[run_id]["outcome"] in ("success", "lost")
    whole = [run_id for run_id in started if ids[run_id]["output"] == f"{run_id}\n"]
    assert len(started) - len(whole) <= 2 * len(JOBS), "only what ran when its worker died"
    assert worker.child.stop(60) == 0
    assert master.child.stop(60) == 0


def _more(witness: Path, count: int) -> None:
    wanted = len(lines(witness)) + count
    until(lambda: len(lines(witness)) >= wanted, why=f"{count} more runs")


def _recorded(master: Master, witness: Path) -> set[str]:
    """The runs that bore witness, once all of them are recorded."""
    started = lines(witness)
    assert len(started) == len(set(started)), "a run was started twice"
    told = [log["runId"] for name in JOBS for log in _logs(master, name)]
    assert len(told) == len(set(told))
    return set(started) if set(started) <= set(told) else set()


def _logs(master: Master, name: str) -> list[dict[str, Any]]:
    try:
        return master.logs(name, 1000)
    except AssertionError:
        return []  # the log store is still away for the master
