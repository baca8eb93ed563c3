"""An etcd of three nodes: its leader is killed, its quorum is lost, an endpoint is dead."""

import logging
from collections.abc import Iterator

import pytest

from common.errors import StoreLost
from common.etcd_store import EtcdStore
from common.store import put
from tests.integration.etcd_following import (
    PATIENCE,
    PREFIX,
    Follower,
    Writer,
    put_through,
    store_at,
)
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.ports import free_port
from tests.waiting import until


@pytest.fixture
def store(etcd_cluster: EtcdCluster) -> Iterator[EtcdStore]:
    with store_at(*etcd_cluster.endpoints) as opened:
        yield opened


def test_leaders_that_die_amid_writes_lose_and_double_no_answered_write(
    etcd_cluster: EtcdCluster, store: EtcdStore
) -> None:
    with Follower(store) as follower:
        with Writer(store, "a") as one, Writer(store, "b") as other:
            one.wait_more()
            etcd_cluster.leader().kill()
            one.wait_more()
            etcd_cluster.start()
            etcd_cluster.leader().kill()
            other.wait_more()
        last = put_through(store, PREFIX + "last")
        told = follower.wait_told(last)
        assert {*one.answered, *other.answered} <= set(told)
        assert told == sorted(set(told))
        assert len(follower.snapshots) == 1


def test_a_node_that_freezes_under_us_is_left_for_another(
    etcd_cluster: EtcdCluster, store: EtcdStore
) -> None:
    put(store, PREFIX + "a", b"")
    for node in etcd_cluster.nodes:
        node.freeze()
        assert put_through(store, PREFIX + "a")
        node.thaw()
        etcd_cluster.leader()


def test_a_node_without_a_leader_does_not_keep_a_watch_that_looks_alive(
    etcd_cluster: EtcdCluster, caplog: pytest.LogCaptureFixture
) -> None:
    alone, *others = etcd_cluster.nodes
    with (
        store_at(alone.endpoint) as store,
        Follower(store) as follower,
        caplog.at_level(logging.INFO, "common"),
    ):
        for node in others:
            node.kill()
        until(lambda: "no leader" in caplog.text, PATIENCE, "the watch to be told of it")
        with pytest.raises(StoreLost):
            store.ping()
        etcd_cluster.start()
        written = put_through(store, PREFIX + "after")
        assert follower.wait_told(written)[-1] == written


def test_a_lease_is_renewed_again_after_the_leader_died(
    etcd_cluster: EtcdCluster, store: EtcdStore
) -> None:
    lease = store.grant(60)
    etcd_cluster.leader().kill()

    def renewed() -> float:
        try:
            return store.renew(lease)
        except StoreLost:
            return 0.0

    assert until(renewed, PATIENCE, "the lease to be renewed") > 0


def test_dead_endpoints_beside_a_living_one_are_passed_over(etcd_cluster: EtcdCluster) -> None:
    dead = f"127.0.0.1:{free_port()}"
    with store_at(dead, etcd_cluster.endpoints[0], f"localhost:{free_port()}") as store:
        store.ping()
        with Follower(store) as follower:
            written = put(store, PREFIX + "a", b"").revision
            assert follower.wait_told(written) == [written]
