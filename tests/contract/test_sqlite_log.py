"""The embedded store of run logs keeps the contract of a LogStore."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.log_store import LogStore
from common.sqlite_log import SqliteLogStore
from tests.contract.audit_contract import AuditContract
from tests.contract.log_store_contract import LogStoreContract


@pytest.fixture
def log_store(tmp_path: Path) -> Iterator[LogStore]:
    opened = SqliteLogStore(tmp_path / "data" / "log.sqlite3")
    yield opened
    opened.close()


class TestSqliteLogStore(LogStoreContract):
    """Every test of the contract, over SQLite."""

    searches = 60


class TestSqliteAudit(AuditContract):
    """Every test of the audit's contract, over SQLite."""
