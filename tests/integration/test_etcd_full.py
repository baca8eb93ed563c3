"""An etcd whose space quota is used up: what it refuses, who says so, and how it is mended."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

import common.etcd_alarms
from common.errors import StoreFull, StoreRefused
from common.etcd_store import EtcdStore
from common.fleet import fleet_zone
from common.sqlite_log import SqliteLogStore
from common.store import Snapshot, put
from tests.integration.etcd_following import PATIENCE, PREFIX, store_at
from tests.integration.mastering import EVERY_SECOND, served
from tests.servers.etcd import EtcdServer
from tests.waiting import until

QUOTA = 10_000_000


@pytest.fixture
def full(tmp_path: Path) -> Iterator[EtcdServer]:
    """An etcd with its alarm on, that asks for a login and lets `worker` into /cron/ alone."""
    server = EtcdServer(tmp_path / "full", arguments=[f"--quota-backend-bytes={QUOTA}"])
    server.start()
    server.etcdctl("role", "add", "cron")
    server.etcdctl("role", "grant-permission", "cron", "readwrite", "--prefix", "/cron/")
    server.etcdctl("user", "add", "worker", "--new-user-password", "sesame")
    server.etcdctl("user", "grant-role", "worker", "cron")
    server.require_login()
    with store_at(server.endpoint, user="worker", password="sesame") as before:
        fleet_zone(before, "UTC")
    until(lambda: fill(server), PATIENCE, "etcd is full")
    yield server
    server.kill()


def fill(server: EtcdServer) -> bool:
    """Put a megabyte that nobody needs; whether there was no room for it."""
    try:
        server.etcdctl("put", "/junk", stdin="x" * 1_000_000)
    except AssertionError as error:
        return "space exceeded" in str(error)
    return False


@pytest.fixture
def store(full: EtcdServer) -> Iterator[EtcdStore]:
    """What a daemon has of it."""
    with store_at(full.endpoint, user="worker", password="sesame") as opened:
        yield opened


def mend(full: EtcdServer) -> None:
    """Make room, as etcd's manual says it."""
    revision = json.loads(full.etcdctl("get", "/junk", "-w", "json"))["header"]["revision"]
    full.etcdctl("compact", str(revision), "--physical")
    full.etcdctl("defrag")
    full.etcdctl("alarm", "disarm")


def test_a_full_etcd_refuses_writes_by_name_and_answers_reads(store: EtcdStore) -> None:
    for write in (lambda: put(store, PREFIX + "a", b""), lambda: store.grant(10)):
        with pytest.raises(StoreFull, match="alarm NOSPACE"):
            write()
    store.ping()
    assert isinstance(store.snapshot(PREFIX), Snapshot)


def test_the_alarm_is_told_to_a_user_without_rights_until_it_is_disarmed(
    full: EtcdServer, store: EtcdStore
) -> None:
    (problem,) = store.problems()
    assert "alarm NOSPACE" in problem
    mend(full)
    assert store.problems() == []
    put(store, PREFIX + "a", b"")


def test_the_log_says_once_that_etcd_is_full_and_once_that_it_is_not(
    full: EtcdServer,
    store: EtcdStore,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(common.etcd_alarms, "_QUIET_SECONDS", 0.0)
    caplog.set_level(logging.INFO, "common.etcd_alarms")
    for _ in range(5):
        with pytest.raises(StoreFull):
            put(store, PREFIX + "a", b"")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    mend(full)
    for _ in range(2):
        put(store, PREFIX + "a", b"")
    assert [record.message for record in caplog.records[1:]] == ["etcd takes writes again"]


def test_who_may_not_ask_for_alarms_knows_of_them_by_what_was_refused(
    store: EtcdStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> object:
        raise StoreRefused("etcd refused to tell its alarms: the user may not do this")

    monkeypatch.setattr(store._calls, "read", forbidden)
    assert store.problems() == []
    with pytest.raises(StoreFull):
        put(store, PREFIX + "a", b"")
    (problem,) = store.problems()
    assert "alarm NOSPACE" in problem


def test_a_master_of_a_full_etcd_is_not_healthy_and_says_why(
    full: EtcdServer, store: EtcdStore, tmp_path: Path
) -> None:
    logs = SqliteLogStore(tmp_path / "log.db")
    with served(store, logs) as master:
        probe = master.get("/healthz")
        assert (probe.status, probe.errno) == (503, -1)
        assert "alarm NOSPACE" in probe.msg
        assert "alarm NOSPACE" in master.get("/api/v1/health").data["problems"][0]
        refused = master.save(name="a", command="true", cronExpr=EVERY_SECOND)
        assert "alarm NOSPACE" in refused.msg
        assert "nothing was changed" in refused.msg
        mend(full)
        assert (master.get("/healthz").status, master.get("/healthz").errno) == (200, 0)
        assert master.get("/api/v1/health").data == {"problems": []}
    logs.close()
