"""What the embedded store promises of leases: how long they last, and that they outlive it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.errors import StoreError
from common.sqlite_store import SqliteStore
from common.store import Absent, Put, Read, Transaction, put
from tests.turned_clock import TurnedClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def store(path: Path, clock: TurnedClock) -> Iterator[SqliteStore]:
    opened = SqliteStore(path, clock)
    yield opened
    opened.close()


def test_a_lease_outlives_the_process_for_as_long_as_it_was_granted_for(
    path: Path, clock: TurnedClock
) -> None:
    store = SqliteStore(path, clock)
    renewed, left, revoked = (store.grant(seconds) for seconds in (30, 20, 10))
    for lease in (renewed, left, revoked):
        put(store, f"/cron/{lease}", b"", lease)
    store.revoke(revoked)
    clock.now_boot += 15
    store.close()
    again = SqliteStore(path, clock)
    assert again.renew(revoked) == 0
    clock.now_boot += 19
    assert again.renew(renewed) == 30
    assert len(again.snapshot("/cron/").entries) == 2
    clock.now_boot += 2
    put(again, "/cron/kept", b"")
    assert {entry.lease for entry in again.snapshot("/cron/").entries} == {0, renewed}
    assert again.renew(left) == 0
    again.close()


def test_keys_of_leases_do_not_outlive_the_boot_of_the_machine(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(path)
    lease = store.grant(3600)
    put(store, "/cron/leased", b"", lease)
    kept = put(store, "/cron/kept", b"")
    store.close()
    monkeypatch.setattr("common.sqlite_kept_leases.boot_id", lambda: "another")
    again = SqliteStore(path)
    snapshot = again.snapshot("/cron/")
    assert [entry.key for entry in snapshot.entries] == ["/cron/kept"]
    assert snapshot.revision > kept.revision
    assert again.renew(lease) == 0
    again.close()


def test_leases_of_a_version_that_did_not_keep_them_are_over(path: Path) -> None:
    store = SqliteStore(path)
    lease = store.grant(3600)
    put(store, "/cron/leased", b"", lease)
    store.close()
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("DROP TABLE leases")
        file.commit()
    again = SqliteStore(path)
    assert (again.renew(lease), again.snapshot("/cron/").entries) == (0, ())
    again.close()


def test_a_lease_lasts_exactly_as_long_as_it_was_granted_for(
    store: SqliteStore, clock: TurnedClock
) -> None:
    lease = store.grant(9.2)
    put(store, "/cron/a", b"", lease)
    clock.now_boot += 9.99
    assert store.get("/cron/a") is not None
    assert store.renew(lease) == 10
    clock.now_boot += 10
    assert store.renew(lease) == 0
    assert store.get("/cron/a") is None


def test_a_transaction_after_a_leases_end_does_not_see_its_keys(
    store: SqliteStore, clock: TurnedClock
) -> None:
    put(store, "/cron/a", b"old", store.grant(10))
    clock.now_boot += 10
    free = Transaction((Absent("/cron/a"),), (Put("/cron/a", b"new"),), (Read("/cron/a"),))
    assert store.commit(free).won


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_lease_of_no_length_is_refused(store: SqliteStore, seconds: float) -> None:
    with pytest.raises(StoreError):
        store.grant(seconds)
    store.ping()
