"""Stores that are away, and come back."""

import time
from pathlib import Path

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.waiting import until


def test_a_worker_waits_for_its_stores_and_says_so(
    tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo
) -> None:
    own_etcd.stop()
    (worker,) = workers(tmp_path, 1, stores([own_etcd.endpoint], clean_mongodb.uri))
    worker.start(wait=False)
    until(lambda: "trying again until it answers" in worker.log(), why="it says so")
    assert "worker is ready" not in worker.log()
    own_etcd.start()
    worker.wait_ready()
    assert worker.child.stop(60) == 0


def test_a_worker_that_waits_for_its_stores_can_be_stopped(
    tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo
) -> None:
    own_etcd.stop()
    (worker,) = workers(tmp_path, 1, stores([own_etcd.endpoint], clean_mongodb.uri))
    worker.start(wait=False)
    until(lambda: "trying again until it answers" in worker.log(), why="it says so")
    assert worker.child.stop(60) == 0


def test_when_etcd_comes_back_the_next_due_instant_runs_and_no_thread_has_died(
    own_etcd: EtcdServer, master: Master, worker: Daemon
) -> None:
    master.save("tick", "true", EVERY_SECOND)
    until(lambda: len(master.logs("tick")) >= 2, why="it runs")
    own_etcd.stop()
    stopped = time.time_ns() // 1_000_000
    until(lambda: "the store: " in worker.log(), why="the worker notices")
    own_etcd.start()
    back = time.time_ns() // 1_000_000
    until(lambda: max(_plans(master)) > back, why="it runs again")
    newest = max(_plans(master))

    def covered() -> list[int]:
        found = sorted(plan for plan in _plans(master) if plan <= newest)
        return found if found == list(range(found[0], newest + 1, 1000)) else []

    # What was due meanwhile may be recorded after the first that is in time again.
    plans = until(covered, why="each instant has one record")
    assert [plan for plan in plans if stopped - 2000 < plan < back]
    assert "died" not in worker.log()
    assert master.call("/worker/list") == ["10.9.8.7:w0"]


def _plans(master: Master) -> list[int]:
    return [log["planTime"] for log in master.logs("tick")]
