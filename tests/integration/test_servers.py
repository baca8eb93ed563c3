"""The servers of the tests themselves: what they promise to the tests that use them."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pymongo.errors
import pytest

from tests.conftest import MongoDatabase
from tests.servers.certificates import make_certificates
from tests.servers.child import Child, ChildFailed, alive
from tests.servers.etcd import EtcdServer, Login, RunningEtcd
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer, answers, connect
from tests.servers.ports import free_port
from tests.waiting import until


def test_a_key_put_with_etcdctl_is_read_back(clean_etcd: EtcdServer | RunningEtcd) -> None:
    clean_etcd.etcdctl("put", "/cron/jobs/a", '{"name":"a"}')
    assert clean_etcd.etcdctl("get", "/cron/jobs/a", "--print-value-only") == '{"name":"a"}\n'


def test_each_test_finds_an_etcd_without_jobs(clean_etcd: EtcdServer | RunningEtcd) -> None:
    assert clean_etcd.etcdctl("get", "--prefix", "/cron/") == ""


def test_an_etcd_that_was_killed_has_its_keys_when_it_starts_again(own_etcd: EtcdServer) -> None:
    own_etcd.etcdctl("put", "a", "1")
    own_etcd.kill()
    assert not own_etcd.healthy()
    own_etcd.start()
    assert own_etcd.etcdctl("get", "a", "--print-value-only") == "1\n"


def test_a_frozen_etcd_is_not_healthy_until_it_is_thawed(own_etcd: EtcdServer) -> None:
    own_etcd.freeze()
    assert not own_etcd.healthy()
    own_etcd.thaw()
    until(own_etcd.healthy)


def test_a_cluster_has_another_leader_when_its_leader_was_killed(
    etcd_cluster: EtcdCluster,
) -> None:
    first = etcd_cluster.leader()
    first.kill()
    second = until(lambda: etcd_cluster.leader() is not first and etcd_cluster.leader())
    assert second in etcd_cluster.nodes
    etcd_cluster.etcdctl("put", "a", "1")
    first.start()
    assert first.etcdctl("get", "a", "--print-value-only") == "1\n"


def test_an_etcd_with_tls_refuses_a_client_of_another_authority(tmp_path: Path) -> None:
    ours, foreign = make_certificates(tmp_path / "pki"), make_certificates(tmp_path / "foreign")
    server = EtcdServer(tmp_path / "etcd", tls=ours)
    server.start()
    server.etcdctl("put", "a", "1")
    server.tls = replace(ours, client_cert=foreign.client_cert, client_key=foreign.client_key)
    with pytest.raises(AssertionError, match=r"certificate|deadline"):
        server.etcdctl("--command-timeout=2s", "--dial-timeout=2s", "get", "a")
    server.kill()


def test_an_etcd_with_a_login_refuses_a_client_without(own_etcd: EtcdServer) -> None:
    own_etcd.require_login("fleet", "pass:word")
    own_etcd.etcdctl("put", "a", "1")
    own_etcd.login = None
    with pytest.raises(AssertionError, match="user name is empty"):
        own_etcd.etcdctl("get", "a")


def test_a_test_has_an_empty_database_of_its_own(mongo_database: MongoDatabase) -> None:
    with connect(mongo_database.uri) as client:
        logs = client[mongo_database.name]["log"]
        assert logs.count_documents({}) == 0
        logs.insert_one({"jobName": "a"})
        assert logs.count_documents({}) == 1


def test_a_mongodb_that_was_killed_keeps_what_it_acknowledged(own_mongodb: MongoServer) -> None:
    with own_mongodb.client() as client:
        client.cron.log.insert_one({"_id": "a@1"})
    own_mongodb.kill()
    assert not answers(own_mongodb.uri)
    own_mongodb.start()
    with own_mongodb.client() as client:
        assert client.cron.log.find_one() == {"_id": "a@1"}


def test_a_mongodb_with_tls_and_login_takes_only_who_has_both(tmp_path: Path) -> None:
    server = MongoServer(
        tmp_path / "mongodb", Login("fleet", "p@ss:w/rd"), make_certificates(tmp_path / "pki")
    )
    server.start()
    with server.client() as client:
        client.cron.log.insert_one({"_id": "a@1"})
    with connect(server._uri(None)) as stranger, pytest.raises(pymongo.errors.OperationFailure):
        stranger.cron.log.find_one()
    assert not answers(f"mongodb://{server.endpoint}/?directConnection=true")
    server.kill()


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    server = EtcdServer(tmp_path / "etcd", arguments=["--no-such-flag"])
    with pytest.raises(ChildFailed, match="no-such-flag"):
        server.start()


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50


def test_a_child_takes_its_whole_group_with_it(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "sleep 1000 & echo $!; sleep 1000"], tmp_path / "log")
    child.start()
    grandchild = int(until(child.tail))
    child.kill()
    until(lambda: not alive(grandchild))


def test_what_a_killed_test_process_started_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, threading\n"
        "from tests.servers.child import Child\n"
        f"child = Child(['sleep', '1000'], pathlib.Path({str(tmp_path)!r}) / 'log')\n"
        "child.start(); print(child.pid, flush=True); threading.Event().wait()\n"
    )
    tester = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert tester.stdout is not None
    pid = int(tester.stdout.readline())
    os.kill(tester.pid, signal.SIGKILL)
    tester.wait()
    tester.stdout.close()
    until(lambda: not alive(pid), why="the child is gone")
