"""The entries of the embedded store as rows. Callers own the connection and its transactions."""

from __future__ import annotations

import sqlite3

from common.errors import StoreLost, StoreRefused
from common.sqlite_file import Kind
from common.store import Entry, Put

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
)
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

    def under(self, prefix: str) -> tuple[Entry, ...]:
        """All entries whose keys begin with the prefix, by key."""
        start = to_bytes(prefix)
        stem = start.rstrip(b"\xff")
        beyond = stem[:-1] + bytes([stem[-1] + 1]) if stem else None
        rows = self._connection.execute(
            "SELECT key, value, revision, created, lease FROM entries"
            " WHERE key >= ? AND (? IS NULL OR key < ?) ORDER BY key",
            (start, beyond, beyond),
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

    def put(self, wanted: Put, revision: int) -> Entry:
        """Set a key at a revision; the entry as it stands now."""
        before = self.get(wanted.key)
        created = revision if before is None else before.created
        self._connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value, revision = excluded.revision, lease = excluded.lease",
            (to_bytes(wanted.key), wanted.value, revision, created, wanted.lease),
        )
        return Entry(wanted.key, wanted.value, revision, created, wanted.lease)

    def delete(self, key: str) -> bool:
        """Remove a key; whether it was there."""
        done = self._connection.execute("DELETE FROM entries WHERE key = ?", (to_bytes(key),))
        return done.rowcount > 0

    def delete_leased(self, lease: int) -> list[str]:
        """Remove the keys of a lease; the keys, in order."""
        bound = "FROM entries WHERE lease = ? AND lease != 0"
        rows = self._connection.execute(f"SELECT key {bound} ORDER BY key", (lease,)).fetchall()
        if rows:
            self._connection.execute(f"DELETE {bound}", (lease,))
        return [_text(key) for (key,) in rows]

    def delete_all_leased(self) -> bool:
        """Remove every key that hangs on a lease; whether there was one."""
        return self._connection.execute("DELETE FROM entries WHERE lease != 0").rowcount > 0


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogateescape")


def _entry(row: _Row) -> Entry:
    key, value, revision, created, lease = row
    return Entry(_text(key), value, revision, created, lease)
