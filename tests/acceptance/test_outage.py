"""MongoDB away while a worker is killed twice: each run has one record afterwards, with output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.acceptance.fleet import EVERY_SECOND, Master, lines, open_file, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

JOBS = [f"tick-{number}" for number in range(4)]


def test_a_worker_killed_twice_without_mongodb_leaves_one_record_of_each_run(
    tmp_path: Path, own_etcd: EtcdServer, own_mongodb: MongoServer
) -> None:
    settings = stores([own_etcd.endpoint], own_mongodb.uri)
    master = Master(tmp_path / "master", settings)
    leases = {"lost_after_seconds": 60, "registration_seconds": 4}
    (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **leases)
    for daemon in (master, worker):
        daemon.start()
    witness = open_file(tmp_path / "witness")
    for name in JOBS:
        master.save(name, f"echo $FLEETCRON_RUN_ID | tee -a {witness}", EVERY_SECOND)
    _more(witness, 2 * len(JOBS))
    own_mongodb.kill()
    for _ in range(2):
        _more(witness, 2 * len(JOBS))
        before = worker.log().count("worker is ready")
        worker.die()
        worker.start(wait=False)
        worker.wait_ready(before)
    _more(witness, 2 * len(JOBS))
    for name in JOBS:
        master.call("/job/delete", name=name)
    own_mongodb.start()
    started = until(lambda: _recorded(master, witness), why="each run is recorded")
    with own_mongodb.client() as client:
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
