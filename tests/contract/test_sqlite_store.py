"""The embedded store keeps the contract of a Store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.sqlite_store import SqliteStore
from common.store import Store
from tests.contract.store_contract import StoreContract


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore(tmp_path / "data" / "store.sqlite3")
    yield opened
    opened.close()


class TestSqliteStore(StoreContract):
    """Every test of the contract, over SQLite."""
