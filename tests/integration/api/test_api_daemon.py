"""A master as it runs in production: a process of its own over a real etcd and MongoDB."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bson import Int64

from tests.integration.mastering import NOON, Caller, a_job
from tests.servers.child import Child
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.servers.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[3]


class Daemon(Caller):
    """`fleetcron master` with a config file of the fixed interface, and calls to it."""

    def __init__(self, folder: Path, etcd: str, mongodb: str) -> None:
        """Write the config; nothing runs before start()."""
        super().__init__(free_port())
        config = folder / "master.json"
        settings = {
            "apiPort": self.port,
            "apiReadTimeout": 5000,
            "apiWriteTimeout": 30000,
            "etcdEndpoints": [etcd],
            "mongodbUri": mongodb,
        }
        config.write_text(json.dumps(settings))
        argv = [sys.executable, "-m", "cli", "master", "--config", str(config)]
        self.child = Child(argv, folder / "master.log", cwd=ROOT)

    def start(self) -> None:
        """Start it; returns at once."""
        self.child.start()

    def ready(self) -> bool:
        """Whether it answers that it is well."""
        assert self.child.running, self.child.tail()
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False


@pytest.fixture
def daemon(tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer) -> Iterator[Daemon]:
    """A master that is ready, on an etcd of the test's own."""
    master = Daemon(tmp_path, own_etcd.endpoint, clean_mongodb.uri)
    master.start()
    until(master.ready, 60, "the master is ready")
    yield master
    master.child.kill()


def test_what_a_master_saves_is_there_for_the_go_system_and_the_other_way_round(
    daemon: Daemon, own_etcd: EtcdServer
) -> None:
    assert daemon.save(**a_job()).errno == 0
    value = own_etcd.etcdctl("get", "--print-value-only", "/cron/jobs/a")
    assert json.loads(value) == a_job(timezone="UTC")
    assert own_etcd.etcdctl("get", "--print-value-only", "/cron/fleet") == '{"timezone": "UTC"}\n'
    theirs = {"name": "g", "command": "echo hi", "cronExpr": "*/5 * * * * * *"}
    own_etcd.etcdctl("put", "/cron/jobs/g", json.dumps(theirs))
    own_etcd.etcdctl("put", "/cron/workers/10.0.0.7", "")
    assert daemon.get("/job/list").data == [a_job(timezone="UTC"), theirs]
    assert daemon.get("/worker/list").data == ["10.0.0.7"]
    assert daemon.post("/job/kill", name="g").errno == 0
    assert own_etcd.etcdctl("get", "--keys-only", "/cron/killer/g").strip() == "/cron/killer/g"
    assert daemon.post("/job/delete", name="g").data == theirs
    assert own_etcd.etcdctl("get", "/cron/jobs/g") == ""


def test_the_log_of_a_go_worker_is_read(daemon: Daemon, clean_mongodb: MongoServer) -> None:
    record = {
        "jobName": "g",
        "command": "echo hi",
        "err": "",
        "output": "hi\n",
        **dict.fromkeys(("planTime", "scheduleTime", "startTime", "endTime"), NOON),
    }
    with clean_mongodb.client() as client:
        times = {name: Int64(v) for name, v in record.items() if isinstance(v, int)}
        client["cron"]["log"].insert_one(record | times)
    (read,) = daemon.get("/job/log", name="g").data
    assert {name: read[name] for name in record} == record


def test_a_master_outlives_its_etcd_and_says_what_is_so(
    daemon: Daemon, own_etcd: EtcdServer
) -> None:
    daemon.save(**a_job())
    own_etcd.kill()
    refused = daemon.save(**a_job(command="false"))
    assert (refused.status, refused.errno) == (200, -1)
    assert "the store does not answer" in refused.msg
    assert "nothing was changed" in refused.msg
    assert daemon.get("/healthz").status == 503
    own_etcd.start()
    until(daemon.ready, why="the master has found its etcd again")
    assert daemon.get("/job/list").data == [a_job(timezone="UTC")]
    assert daemon.save(**a_job(command="false")).errno == 0


def test_a_master_waits_for_its_etcd_and_ends_when_it_is_asked(
    tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer
) -> None:
    own_etcd.stop()
    master = Daemon(tmp_path, own_etcd.endpoint, clean_mongodb.uri)
    master.start()
    until(lambda: "trying again until it answers" in master.child.tail(), why="it says so")
    own_etcd.start()
    until(master.ready, 60, "the master is ready")
    assert master.child.stop() == 0
    assert "master has stopped" in master.child.tail()


def test_a_master_whose_port_is_taken_ends_with_a_sentence(
    daemon: Daemon, tmp_path: Path, own_etcd: EtcdServer, clean_mongodb: MongoServer
) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    second = Daemon(folder, own_etcd.endpoint, clean_mongodb.uri)
    config = folder / "master.json"
    settings = json.loads(config.read_text())
    config.write_text(json.dumps(settings | {"apiPort": daemon.port}))
    second.start()
    assert second.child.wait(60) == 1
    assert str(daemon.port) in second.child.tail()
