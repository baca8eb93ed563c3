"""The entries of the embedded store as rows. Callers own the connection and its transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from common.errors import StoreFull, StoreLost, StoreRefused
from common.sqlite_file import Kind
from common.store import Entry

STORE_FILE = Kind(
    application=0x666C7453,
    version=1,
    schema="""
        CREATE TABLE entries (
            key BLOB PRIMARY KEY NOT NULL,
            value BLOB NOT NULL,
            revision INTEGER NOT NULL,
            created INTEGER NOT NULL,
            lease INTEGER NOT NULL
        );
        CREATE INDEX entries_by_lease ON entries (lease) WHERE lease != 0;
        CREATE TABLE state (revision INTEGER NOT NULL);
        INSERT INTO state VALUES (1);
    """,
    lost=StoreLost,
    refused=StoreRefused,
    checked=True,
    full=StoreFull,
)
MOST_ROWS = 128
"""Of one statement; older SQLites take at most 999 values."""

T = TypeVar("T")
_Row = tuple[bytes, bytes, int, int, int]


def to_bytes(key: str) -> bytes:
    """The key's bytes, which give the order; StoreRefused when it has none."""
    try:
        return key.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise StoreRefused(f"{key!r} is not a key: {error.reason}") from None


class SqliteEntries:
    """Reads and writes rows over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def revision(self) -> int:
        """The revision of the last change."""
        (revision,) = self._connection.execute("SELECT revision FROM state").fetchone()
        return int(revision)

    def set_revision(self, revision: int) -> None:
        """Note the revision of the last change."""
        self._connection.execute("UPDATE state SET revision = ?", (revision,))

    def get(self, key: str) -> Entry | None:
        """The entry as it stands, or None."""
        row = self._connection.execute(
            "SELECT key, value, revision, created, lease FROM entries WHERE key = ?",
            (to_bytes(key),),
        ).fetchone()
        return None if row is None else _entry(row)

    def under(self, prefix: str, after: str = "", most: int = -1) -> tuple[Entry, ...]:
        """The entries whose keys begin with the prefix, by key: at most so many behind `after`."""
        start = to_bytes(prefix)
        stem = start.rstrip(b"\xff")
        beyond = stem[:-1] + bytes([stem[-1] + 1]) if stem else None
        rows = self._connection.execute(
            "SELECT key, value, revision, created, lease FROM entries"
            " WHERE key >= ? AND (? IS NULL OR key < ?) ORDER BY key LIMIT ?",
            (to_bytes(after) + b"\0" if after else start, beyond, beyond, most),
        )
        return tuple(_entry(row) for row in rows)

    def between(self, first: str, last: str) -> list[Entry]:
        """All entries from the first key to the last, by key."""
        rows = self._connection.execute(
            "SELECT key, value, revision, created, lease FROM entries"
            " WHERE key >= ? AND key <= ? ORDER BY key",
            (to_bytes(first), to_bytes(last)),
        )
        return [_entry(row) for row in rows]

    def these(self, keys: Sequence[str]) -> Iterator[Entry]:
        """The entries of these keys, where they are there."""
        for part in _parts(keys):
            rows = self._connection.execute(
                "SELECT key, value, revision, created, lease FROM entries"
                f" WHERE key IN ({_marks('?', len(part))})",
                tuple(map(to_bytes, part)),
            )
            yield from map(_entry, rows)

    def write(self, entries: Sequence[Entry]) -> None:
        """Set these keys, each of which is there once, to what the entries say."""
        for part in _parts(entries):
            rows = ((to_bytes(e.key), e.value, e.revision, e.created, e.lease) for e in part)
            self._connection.execute(
                f"INSERT INTO entries VALUES {_marks('(?, ?, ?, ?, ?)', len(part))}"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value,"
                " revision = excluded.revision, created = excluded.created, lease = excluded.lease",
                tuple(chain.from_iterable(rows)),
            )

    def remove(self, keys: Sequence[str]) -> None:
        """Remove these keys, where they are there."""
        for part in _parts(keys):
            self._connection.execute(
                f"DELETE FROM entries WHERE key IN ({_marks('?', len(part))})",
                tuple(map(to_bytes, part)),
            )

    def delete_leased(self, lease: int) -> list[str]:
        """Remove the keys of a lease; the keys, in order."""
        bound = "FROM entries WHERE lease = ? AND lease != 0"
        rows = self._connection.execute(f"SELECT key {bound} ORDER BY key", (lease,)).fetchall()
        if rows:
            self._connection.execute(f"DELETE {bound}", (lease,))
        return [_text(key) for (key,) in rows]

    def delete_leased_but(self, leases: Collection[int]) -> bool:
        """Remove every key that hangs on another lease than these; whether there was one."""
        found = self._connection.execute("SELECT DISTINCT lease FROM entries WHERE lease != 0")
        over = [row for row in found.fetchall() if row[0] not in leases]
        self._connection.executemany("DELETE FROM entries WHERE lease = ? AND lease != 0", over)
        return bool(over)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many that the statements for them are few, and are known from before."""
    start = 0
    while start < len(items):
        size = min(MOST_ROWS, 1 << (len(items) - start).bit_length() - 1)
        yield items[start : start + size]
        start += size


def _marks(one: str, count: int) -> str:
    return ", ".join([one] * count)


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")


def _entry(row: _Row) -> Entry:
    key, value, revision, created, lease = row
    return Entry(_text(key), value, revision, created, lease)
