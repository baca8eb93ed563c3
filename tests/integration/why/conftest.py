"""Fixtures of the tests of why."""

import pytest

from common.sqlite_log import SqliteLogStore
from common.store import Store
from tests.integration.why.scene import Scene


@pytest.fixture
def scene(store: Store, logs: SqliteLogStore) -> Scene:
    """Two empty stores."""
    return Scene(store, logs)
