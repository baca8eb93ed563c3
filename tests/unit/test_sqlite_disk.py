"""What the embedded store promises of its file: what it acknowledged stays, whatever happens."""

import logging
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from common.errors import StoreFull
from common.sqlite_file import SqliteFile
from common.sqlite_store import SqliteStore
from common.store import delete, put

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
assert store.problems() == []
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
refused = 0
while refused < 3:
    try:
        put(store, "/cron/a", b"x" * 50_000)
    except StoreError as error:
        refused += 1
seen = store.get("/cron/a")
resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
(problem,) = store.problems()
assert problem.startswith(sys.argv[1]), problem
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert store.problems() == []
assert store.get("/cron/a") == seen
assert put(store, "/cron/a", b"after").revision > seen.revision
while store.get("/cron/leased"):
    watch.next(20)
store.close()
print("done")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


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


def test_a_revision_is_not_used_again_after_a_restart(path: Path) -> None:
    store = SqliteStore(path)
    put(store, "/cron/a", b"")
    last = delete(store, "/cron/a").revision
    store.close()
    again = SqliteStore(path)
    assert put(again, "/cron/a", b"").revision == last + 1
    again.close()


def test_that_there_is_no_room_is_said_once_and_that_there_is_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    connections: list[sqlite3.Connection] = []
    connect = SqliteFile.connect

    def connected(file: SqliteFile) -> sqlite3.Connection:
        connections.append(connect(file))
        return connections[-1]

    monkeypatch.setattr(SqliteFile, "connect", connected)
    store = SqliteStore(path)
    put(store, "/cron/a", b"before")
    for connection in connections:
        connection.execute("PRAGMA max_page_count = 20")
    for _ in range(3):
        with pytest.raises(StoreFull, match="full"):
            put(store, "/cron/a", b"x" * 200_000)
    assert put(store, "/cron/a", b"little").revision
    for _ in range(2):
        with pytest.raises(StoreFull, match="full"):
            put(store, "/cron/a", b"x" * 200_000)
    for connection in connections:
        connection.execute("PRAGMA max_page_count = 100000")
    put(store, "/cron/a", b"x" * 200_000)
    store.close()
    full = f"{path}: database or disk is full; nothing is started or saved until there is room"
    again = "there is room in the store again"
    assert caplog.messages == [full, again, full, again]


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
