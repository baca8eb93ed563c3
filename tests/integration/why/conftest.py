"""Fixtures of the tests of why."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from tests.integration.why.scene import Scene


@pytest.fixture
def scene(tmp_path: Path, logs: SqliteLogStore) -> Iterator[Scene]:
    """Two empty stores."""
    store = SqliteStore(tmp_path / "store.db")
    yield Scene(store, logs)
    store.close()
