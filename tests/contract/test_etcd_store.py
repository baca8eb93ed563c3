"""The store in etcd keeps the contract of all stores."""

from collections.abc import Iterator

import pytest

from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.store import Store
from tests.contract.store_contract import StoreContract
from tests.servers.etcd import EtcdServer, RunningEtcd


@pytest.fixture
def store(etcd: EtcdServer | RunningEtcd) -> Iterator[Store]:
    """An open store in the session's etcd."""
    connected = EtcdStore(EtcdSettings((etcd.endpoint,), request_timeout_seconds=30.0))
    yield connected
    connected.close()


class TestEtcdStore(StoreContract):
    """The whole suite over a real etcd."""
