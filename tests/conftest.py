"""Fixtures that every ring of tests shares: the servers, started once where that is enough."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.mongo_settings import MongoSettings
from tests.servers.etcd import EtcdServer, RunningEtcd
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.etcd_programs import running_endpoint
from tests.servers.mongodb import MongoServer, RunningMongo, running_uri


@dataclass(frozen=True, slots=True)
class MongoDatabase:
    """A database of one test: its name, and the URI of its server that names it."""

    name: str
    uri: str

    @property
    def settings(self) -> MongoSettings:
        """How a log store finds it, with the patience that a busy machine needs."""
        return MongoSettings(self.uri, database=self.name, operation_timeout_seconds=60)


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer | RunningEtcd]:
    """One etcd for the whole session. Tests share its keys: most want `clean_etcd`."""
    endpoint = running_endpoint()
    if endpoint:
        yield RunningEtcd(endpoint)
        return
    server = EtcdServer(tmp_path_factory.mktemp("etcd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def clean_etcd(etcd: EtcdServer | RunningEtcd) -> EtcdServer | RunningEtcd:
    """The session's etcd with nothing under /cron/."""
    etcd.wipe()
    return etcd


@pytest.fixture
def own_etcd(tmp_path: Path) -> Iterator[EtcdServer]:
    """An etcd of the test's own, to kill, freeze and start again."""
    server = EtcdServer(tmp_path / "etcd")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def etcd_cluster(tmp_path: Path) -> Iterator[EtcdCluster]:
    """Three nodes of the test's own."""
    cluster = EtcdCluster(tmp_path / "cluster")
    cluster.start()
    yield cluster
    cluster.kill()


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer | RunningMongo]:
    """One MongoDB server for the whole session. Tests share it: most want `mongo_database`."""
    uri = running_uri()
    if uri:
        yield RunningMongo(uri)
        return
    server = MongoServer(tmp_path_factory.mktemp("mongodb"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mongo_database(mongodb: MongoServer | RunningMongo) -> Iterator[MongoDatabase]:
    """A new, empty database in the session's server; it goes with the server.

    One that was running before is left without it: dropping takes the test's own server long.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield MongoDatabase(name, mongodb.database_uri(name))
    if isinstance(mongodb, RunningMongo):
        with mongodb.client() as client:
            client.drop_database(name)


@pytest.fixture
def clean_mongodb(mongodb: MongoServer | RunningMongo) -> MongoServer | RunningMongo:
    """The session's server without the fixed interface's database `cron`."""
    with mongodb.client() as client:
        client.drop_database("cron")
    return mongodb


@pytest.fixture
def own_mongodb(tmp_path: Path) -> Iterator[MongoServer]:
    """A MongoDB server of the test's own, to kill, freeze and start again."""
    server = MongoServer(tmp_path / "mongodb")
    server.start()
    yield server
    server.kill()
