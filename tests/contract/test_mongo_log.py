"""The MongoDB store of run logs keeps the contract of a LogStore."""

from collections.abc import Iterator

import pytest

from common.log_store import LogStore
from common.mongo_log import MongoLogStore
from tests.conftest import MongoDatabase
from tests.contract.audit_contract import AuditContract
from tests.contract.log_store_contract import LogStoreContract


@pytest.fixture
def log_store(mongo_database: MongoDatabase) -> Iterator[LogStore]:
    opened = MongoLogStore(mongo_database.settings)
    opened.ping()
    yield opened
    opened.close()


class TestMongoLogStore(LogStoreContract):
    """Every test of the contract, over MongoDB."""


class TestMongoAudit(AuditContract):
    """Every test of the audit's contract, over MongoDB."""
