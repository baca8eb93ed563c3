"""What the embedded store promises beyond the contract: durability, leases' ends, full disks."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.errors import StoreError, StoreLost
from common.sqlite_store import SqliteStore
from common.store import Absent, Changes, Put, Read, Snapshot, Store, Transaction, delete, put
from tests.waiting import until

PUT_UNTIL_KILLED = """
import sys, threading
from pathlib import Path
from common.store import put
from common.sqlite_store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
put(store, "/cron/alive/me", b"", store.grant(3600))
def keep_putting(thread):
    n = 0
    while True:
        n += 1
        done = put(store, f"/cron/{thread}", b"%d" % n)
        sys.stdout.write(f"{thread} {n} {done.revision}\\n")
        sys.stdout.flush()
for thread in range(3):
    threading.Thread(target=keep_putting, args=[thread]).start()
"""

FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from common.errors import StoreError
from common.store import put
from common.sqlite_store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
put(store, "/cron/leased", b"", store.grant(1))
put(store, "/cron/a", b"before")
watch = store.watch(["/cron/leased"])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
refused = 0
while refused < 3:
    try:
        put(store, "/cron/a", b"x" * 50_000)
    except StoreError as error:
        refused += 1
seen = store.get("/cron/a")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert store.get("/cron/a") == seen
assert put(store, "/cron/a", b"after").revision > seen.revision
while store.get("/cron/leased"):
    watch.next(20)
store.close()
print("done")
"""


class TurnedClock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def boot(self) -> float:
        return self.now

    def wall_ms(self) -> int:
        return 0


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


def test_all_that_was_acknowledged_survives_kill_9(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PUT_UNTIL_KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(300)]
        writer.kill()
        lines += writer.stdout.readlines()
    told = [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]
    store = SqliteStore(path)
    for thread in range(3):
        entry = store.get(f"/cron/{thread}")
        last = max((n for t, n, _ in told if t == thread), default=0)
        assert int(entry.value if entry else b"0") >= last
    assert put(store, "/cron/next", b"").revision > max(revision for _, _, revision in told)
    store.close()


def test_a_lease_outlives_the_process_for_as_long_as_it_was_granted_for(
    path: Path, clock: TurnedClock
) -> None:
    store = SqliteStore(path, clock)
    renewed, left, revoked = (store.grant(seconds) for seconds in (30, 20, 10))
    for lease in (renewed, left, revoked):
        put(store, f"/cron/{lease}", b"", lease)
    store.revoke(revoked)
    clock.now += 15
    store.close()
    again = SqliteStore(path, clock)
    assert again.renew(revoked) == 0
    clock.now += 19
    assert again.renew(renewed) == 30
    assert len(again.snapshot("/cron/").entries) == 2
    clock.now += 2
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


def test_a_revision_is_not_used_again_after_a_restart(path: Path) -> None:
    store = SqliteStore(path)
    put(store, "/cron/a", b"")
    last = delete(store, "/cron/a").revision
    store.close()
    again = SqliteStore(path)
    assert put(again, "/cron/a", b"").revision == last + 1
    again.close()


def test_a_lease_lasts_exactly_as_long_as_it_was_granted_for(
    store: SqliteStore, clock: TurnedClock
) -> None:
    lease = store.grant(9.2)
    put(store, "/cron/a", b"", lease)
    clock.now += 9.99
    assert store.get("/cron/a") is not None
    assert store.renew(lease) == 10
    clock.now += 10
    assert store.renew(lease) == 0
    assert store.get("/cron/a") is None


def test_a_transaction_after_a_leases_end_does_not_see_its_keys(
    store: SqliteStore, clock: TurnedClock
) -> None:
    put(store, "/cron/a", b"old", store.grant(10))
    clock.now += 10
    free = Transaction((Absent("/cron/a"),), (Put("/cron/a", b"new"),), (Read("/cron/a"),))
    assert store.commit(free).won


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_lease_of_no_length_is_refused(store: SqliteStore, seconds: float) -> None:
    with pytest.raises(StoreError):
        store.grant(seconds)
    store.ping()


def test_a_full_disk_refuses_changes_and_takes_them_again_later(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    again = SqliteStore(path)
    entry = again.get("/cron/a")
    assert entry is not None
    assert entry.value == b"after"
    again.close()


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
