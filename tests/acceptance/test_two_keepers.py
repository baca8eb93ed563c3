"""Two real masters: one at a time keeps house, also when it is frozen for longer than its lease."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from common.constants import KEEPER_KEY
from common.log_store import LogBatch, LogStore
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from tests.acceptance.fleet import Master
from tests.contract.log_store_room import page, run
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer, RunningMongo
from tests.waiting import stays, until

STEP = 5
SOON = f"""
import master.keeper, master.leadership, master.retention
master.leadership.LEASE_SECONDS, master.leadership.MARGIN_SECONDS = 2.0, 0.5
master.keeper.SEEK_SECONDS = 0.5
master.retention.FIRST_SECONDS, master.retention.AT_ONCE = 0.0, {STEP}
from cli.__main__ import main
main()
"""
"""The product with a short lease, and small steps that begin at once."""


@pytest.fixture
def logs(clean_mongodb: MongoServer | RunningMongo) -> Iterator[LogStore]:
    """The masters' log store."""
    store = MongoLogStore(MongoSettings(clean_mongodb.uri, operation_timeout_seconds=30))
    with closing(store):
        yield store


@pytest.fixture
def started(
    tmp_path: Path, etcd_and_log: dict[str, Any], logs: LogStore
) -> Iterator[Callable[..., Master]]:
    """Starts masters of some settings, which end with the test."""
    made: list[Master] = []

    def start(**settings: Any) -> Master:
        master = Master(tmp_path / f"master{len(made)}", {**etcd_and_log, **settings})
        master.child.argv[1:4] = ["-c", SOON, "master"]
        made.append(master)
        master.start()
        return master

    yield start
    for master in made:
        master.child.thaw()
        master.child.kill()


def keeper(etcd: EtcdServer) -> str:
    """The port of the master that keeps house; "" for none."""
    told = etcd.etcdctl("get", "--print-value-only", KEEPER_KEY)
    return told.strip().rpartition(":")[2]


def test_a_keeper_that_was_frozen_for_longer_than_its_lease_ends_its_step_and_no_more(
    started: Callable[..., Master], logs: LogStore, own_etcd: EtcdServer
) -> None:
    logs.write(
        LogBatch(tuple(dataclasses.replace(run("a", n), outcome="success") for n in range(1000)))
    )

    def count() -> int:
        return len(page(logs, "a", 0, 1000))

    frozen = started(keep_days=30.0)
    until(lambda: count() < 1000, why="it removes what is old")
    frozen.child.freeze()
    other = started()
    until(lambda: keeper(own_etcd) == str(other.port), why="the other keeps house")
    left = count()
    assert left > 2 * STEP
    frozen.child.thaw()
    stays(lambda: count() >= left - STEP, 1.5, "no more than the step that it was in")
    assert keeper(own_etcd) == str(other.port)
    other.child.stop(20)
    until(lambda: count() < left - STEP, why="it keeps house again, and goes on")
    frozen.child.kill()
