"""The stores under test, each made and closed by a fixture: of jobs, both kinds; of run logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from common.store import Store
from tests.integration.claiming import Worker, make_worker, working
from tests.integration.heritage import register
from tests.integration.standing_alone import Standalone


@pytest.fixture(params=["sqlite", "etcd"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each kind."""
    made: Store
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "store.db")
    else:
        server = request.getfixturevalue("clean_etcd")
        made = EtcdStore(EtcdSettings((server.endpoint,), request_timeout_seconds=30.0))
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of jobs of one machine, empty."""
    opened = SqliteStore(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[SqliteLogStore]:
    """The store of run logs."""
    opened = SqliteLogStore(tmp_path / "log.db")
    yield opened
    opened.close()


@pytest.fixture
def living(any_store: Store) -> Iterator[list[Worker]]:
    """Three workers that are alive and registered."""
    with working(any_store) as one:
        workers = [one, *(make_worker(any_store, one.clock) for _ in range(2))]
        for number, each in enumerate(workers):
            register(each, number)
        yield workers
        for each in workers[1:]:
            each.presence.close()


@pytest.fixture(scope="module")
def alone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Standalone]:
    """Master and worker in one process, for a module; its `STANDALONE` are further options."""
    options = getattr(request.module, "STANDALONE", ())
    server = Standalone(tmp_path_factory.mktemp("alone") / "data", *options)
    server.start()
    yield server
    server.child.stop()
