"""The file of an embedded store: who may open it, what is refused, what is left as it is."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from common.errors import StoreClosed, StoreRefused
from common.sqlite_entries import STORE_FILE
from common.sqlite_file import SqliteFile
from common.sqlite_store import SqliteStore
from common.store import put

HOLD = """
import sys
from pathlib import Path
from common.sqlite_store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.sqlite3"


def fill(path: Path) -> None:
    """Make a store of some pages and close it."""
    store = SqliteStore(path)
    for n in range(50):
        put(store, f"/cron/jobs/{n}", b"x" * 1000)
    store.close()


def test_the_directory_is_its_owners_alone_and_so_is_every_file(path: Path) -> None:
    store = SqliteStore(path)
    put(store, "/cron/a", b"")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    store.close()


def test_a_second_process_is_told_who_has_the_file(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreRefused, match=f"in use by process {holder.pid}$"):
            SqliteStore(path)
        holder.kill()
    SqliteStore(path).close()


def test_a_second_store_in_the_same_process_is_refused_until_the_first_is_closed(
    path: Path,
) -> None:
    first = SqliteStore(path)
    with pytest.raises(StoreRefused, match="in use by process"):
        SqliteStore(path)
    put(first, "/cron/a", b"kept")
    first.close()
    second = SqliteStore(path)
    assert second.get("/cron/a") is not None
    second.close()


def scribble(path: Path) -> None:
    """Write over all pages but the first."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def cut(path: Path) -> None:
    """Lose the second half of the file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def be_of_another_program(path: Path) -> None:
    """A whole SQLite database, but none of ours."""
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()


def be_newer(path: Path) -> None:
    """Carry the version of a schema to come."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {STORE_FILE.version + 1}")
    connection.close()


def be_text(path: Path) -> None:
    """No database at all."""
    path.write_text("dear diary,\n" * 100)


def be_short(path: Path) -> None:
    """Less than a header."""
    path.write_bytes(b"SQLite format 3\0")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (scribble, "is damaged"),
        (cut, "is damaged"),
        (be_of_another_program, "no such file of fleetcron's"),
        (be_text, "no such file of fleetcron's"),
        (be_short, "no such file of fleetcron's"),
        (be_newer, "written by a newer fleetcron"),
    ],
)
def test_a_file_that_is_not_a_whole_store_is_refused_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    fill(path)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StoreRefused, match=says):
        SqliteStore(path)
    assert path.read_bytes() == before
    with pytest.raises(StoreRefused, match=says):
        SqliteStore(path)


def test_an_empty_file_becomes_a_store_and_half_made_ones_are_made_anew(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    path.with_name(path.name + ".new").write_text("half")
    store = SqliteStore(path)
    put(store, "/cron/a", b"")
    store.close()
    assert path.stat().st_size > 0


def test_what_a_removed_store_left_does_not_come_back(path: Path) -> None:
    store = SqliteStore(path)
    put(store, "/cron/old", b"")
    log = path.with_name(path.name + "-wal").read_bytes()
    assert log
    store.close()
    path.unlink()
    path.with_name(path.name + "-wal").write_bytes(log)
    again = SqliteStore(path)
    assert again.snapshot("/").entries == ()
    again.close()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreRefused, match="file"):
        SqliteStore(tmp_path / "file" / "store.sqlite3")
    (tmp_path / "store.sqlite3").mkdir()
    with pytest.raises(StoreRefused, match=r"store\.sqlite3"):
        SqliteStore(tmp_path / "store.sqlite3")


def test_a_path_of_odd_letters_works(tmp_path: Path) -> None:
    path = tmp_path / "a ü%20?#&;" / "st'ore \udcff.db"
    fill(path)
    store = SqliteStore(path)
    assert store.get("/cron/jobs/7") is not None
    store.close()


def test_a_refused_file_can_be_locked_again(path: Path) -> None:
    fill(path)
    be_newer(path)
    for _ in range(2):
        with pytest.raises(StoreRefused, match="newer"):
            SqliteFile(path, STORE_FILE)


def test_closing_twice_is_safe_and_what_comes_after_is_refused(path: Path) -> None:
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        put(store, "/cron/a", b"")
