"""A master and a worker on stores of a test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.fleet import Daemon, Master, one_worker, stores
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer, RunningMongo


@pytest.fixture
def etcd_and_log(own_etcd: EtcdServer, clean_mongodb: MongoServer | RunningMongo) -> dict[str, Any]:
    """The settings of the two stores, both empty."""
    return stores([own_etcd.endpoint], clean_mongodb.uri)


@pytest.fixture
def away(tmp_path: Path) -> Iterator[MongoServer]:
    """A MongoDB server that was never started."""
    made = MongoServer(tmp_path / "mongodb")
    yield made
    made.kill()


@pytest.fixture
def master(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[Master]:
    """A master that is ready."""
    made = Master(tmp_path / "master", etcd_and_log)
    made.start()
    yield made
    made.child.stop(20)


@pytest.fixture
def worker(tmp_path: Path, etcd_and_log: dict[str, Any]) -> Iterator[Daemon]:
    """One worker that is ready."""
    with one_worker(tmp_path, etcd_and_log, patience=2) as made:
        yield made
