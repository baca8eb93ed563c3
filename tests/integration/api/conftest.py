"""Fixtures of the tests of a master's calls: the master over its two stores."""

from collections.abc import Iterator

import pytest

from common.sqlite_log import SqliteLogStore
from common.store import Store
from tests.integration.mastering import Caller, served


@pytest.fixture
def master(store: Store, logs: SqliteLogStore) -> Iterator[Caller]:
    """A master over both."""
    with served(store, logs) as caller:
        yield caller
