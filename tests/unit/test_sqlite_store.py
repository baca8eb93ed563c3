"""What the embedded store promises beyond the contract: of its threads, its watches, its errors."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.errors import StoreLost
from common.sqlite_store import SqliteStore
from common.store import Changes, Put, Snapshot, Store, Transaction, put
from tests.waiting import until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def test_a_watch_that_falls_far_behind_reads_anew_and_goes_on(store: SqliteStore) -> None:
    watch = store.watch(["/cron/a/", "/cron/b/"])
    assert [type(watch.next(5)) for _ in range(2)] == [Snapshot, Snapshot]
    for start in range(0, 11_000, 1000):
        keys = (Put(f"/cron/a/{n:05}", b"") for n in range(start, start + 1000))
        store.commit(Transaction((), tuple(keys)))
    put(store, "/cron/b/1", b"")
    items = [watch.next(5), watch.next(5)]
    anew = {s.prefix: len(s.entries) for s in items if isinstance(s, Snapshot)}
    assert anew == {"/cron/a/": 11_000, "/cron/b/": 1}
    last = put(store, "/cron/a/last", b"")
    told = until(lambda: watch.next(1))
    assert isinstance(told, Changes)
    assert [change.revision for change in told.changes] == [last.revision]
    watch.cancel()


def test_a_commit_that_waits_too_long_is_lost_and_the_store_goes_on(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, held = threading.Event(), threading.Event()

    def hold(changes: object) -> None:
        held.set()
        release.wait(20)

    monkeypatch.setattr(store._writer, "_publish", hold)
    stuck = threading.Thread(target=put, args=[store, "/cron/a", b""])
    stuck.start()
    assert held.wait(20)
    with pytest.raises(StoreLost):
        store.commit(Transaction((), (Put("/cron/never", b""),)), timeout=0.05)
    release.set()
    stuck.join(20)
    put(store, "/cron/after", b"")
    assert [e.key for e in store.snapshot("/cron/").entries] == ["/cron/a", "/cron/after"]


def test_when_the_writer_dies_callers_and_the_owner_are_told(path: Path) -> None:
    told: list[str] = []
    store = SqliteStore(path, died=lambda name, error: told.append(f"{name}: {error}"))

    def die(changes: object) -> None:
        raise ZeroDivisionError("a bug")

    store._writer._publish = die
    with pytest.raises(StoreLost, match="a bug"):
        put(store, "/cron/a", b"")
    with pytest.raises(StoreLost, match="a bug"):
        store.ping()
    assert told == ["store-writer: a bug"]
    store.close()


def test_a_store_that_is_closed_leaves_no_thread(path: Path) -> None:
    before = threading.active_count()
    store: Store = SqliteStore(path)
    put(store, "/cron/a", b"")
    store.close()
    assert threading.active_count() == before


def test_the_embedded_store_needs_no_servers_library() -> None:
    code = (
        "import sys, common.sqlite_store, common.sqlite_log;"
        "print(sorted({'grpc', 'etcd3', 'pymongo', 'bson', 'google'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
