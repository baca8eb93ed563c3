"""Fixtures of the tests of a master's calls: its two stores, and the master over them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from common.store import Store
from tests.integration.mastering import Caller, served


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of jobs."""
    opened = SqliteStore(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture
def master(store: Store, logs: SqliteLogStore) -> Iterator[Caller]:
    """A master over both."""
    with served(store, logs) as caller:
        yield caller
