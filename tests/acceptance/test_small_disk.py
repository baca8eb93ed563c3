"""A worker whose disk is full while MongoDB is away: runs go on, and each is recorded later."""

from pathlib import Path
from typing import Any

from tests.acceptance.fleet import EVERY_SECOND, Master, lines, stores, workers
from tests.scarcity import small_disk
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until
from worker.end_words import NOT_KEPT

JOBS = tuple(f"tick{n}" for n in range(4))
OUTPUT = 100_000


def cut(master: Master) -> int:
    """How many outputs the worker says it has cut."""
    (worker,) = master.call("/api/v1/workers")
    return int(worker["registration"].get("spool", {}).get("cut", 0))


def test_on_a_full_disk_without_mongodb_runs_go_on_and_no_record_is_lost(
    tmp_path: Path, own_etcd: EtcdServer
) -> None:
    mongodb = MongoServer(tmp_path / "mongodb")
    settings = stores([own_etcd.endpoint], mongodb.uri)
    witness = tmp_path / "witness"
    witness.touch(0o666)
    witness.chmod(0o666)
    said = f"echo $FLEETCRON_RUN_ID >> {witness}; head -c {OUTPUT} /dev/zero | tr '\\0' x"
    leases: dict[str, Any] = {"lost_after_seconds": 60, "registration_seconds": 4}
    with small_disk(tmp_path / "data0") as is_small:
        bound = {} if is_small else {"spool_bytes": 1 << 20}
        (worker,) = workers(tmp_path, 1, settings, stop_timeout_seconds=1, **leases, **bound)
        master = Master(tmp_path / "master", settings)
        master.start()
        worker.start()
        for name in JOBS:
            master.save(name, said, EVERY_SECOND)
        until(lambda: "the spool keeps nothing of outputs" in worker.log(), why="it is full")
        before = len(lines(witness))
        until(lambda: len(lines(witness)) >= before + 8, why="runs go on")
        mongodb.start()
        known = set(lines(witness))

        def recorded() -> list[dict[str, Any]]:
            logs = [log for name in JOBS for log in master.logs(name, 1000)]
            return logs if {log["runId"] for log in logs} >= known else []

        logs = until(recorded, why="each run is recorded")
        ended = [log for log in logs if log["runId"] in known]
        assert len(ended) == len(known)
        assert {log["outcome"] for log in ended} == {"success"}
        assert {len(log["output"]) for log in ended} >= {0, OUTPUT}
        assert all(NOT_KEPT in log["reason"] for log in ended if not log["output"])
        until(lambda: cut(master) > 0, why="it says how many outputs were cut")
        assert worker.child.stop(60) == 0
        assert master.child.stop(60) == 0
    mongodb.kill()
