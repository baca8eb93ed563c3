"""The audit on one machine: an AuditStore as a table of the file of run logs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from itertools import starmap
from typing import Any

from common.audit import EDITS, AuditEntry, entry_from_document, entry_to_document
from common.audit_store import AuditFilter, bound, paged_entries
from common.errors import InvalidField
from common.record import storable
from common.strict_json import parse_object

ROW_BYTES = 200
"""What an entry takes beside its text, with its places in the indexes."""
_SIZE = "SELECT max(id), sum(length(entry) + ?) FROM audit WHERE id > ?"
_NOTHING = ("", 0)
TABLES = (
    """CREATE TABLE IF NOT EXISTS audit (
        id TEXT NOT NULL PRIMARY KEY,
        job TEXT NOT NULL,
        asker TEXT NOT NULL,
        what TEXT NOT NULL,
        revision INTEGER NOT NULL,
        entry TEXT NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS audit_by_job ON audit (job, id)",
    "CREATE INDEX IF NOT EXISTS audit_by_asker ON audit (asker, id)",
)
"""Not of the file's schema, so that a file of an earlier fleetcron gets them too."""

Use = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Lends a connection to one thread, and translates the errors of SQLite."""


class SqliteAudit:
    """An AuditStore over the connections of a file that has its `TABLES`."""

    def __init__(self, writing: Use, reading: Use) -> None:
        self._writing = writing
        self._reading = reading
        self._counted = _NOTHING

    def write(self, entries: Sequence[AuditEntry]) -> None:
        """Return when every entry is on disk; one that is there already stays as it is."""
        rows = [_row(entry) for entry in entries]
        with self._writing() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?, ?)", rows)

    def read(self, wanted: AuditFilter, after: str, limit: int) -> list[AuditEntry]:
        """The newest entries by id; with `after` those that follow the one of that id."""
        terms, values = _terms(wanted, after)
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        query = f"SELECT id, entry FROM audit {where} ORDER BY id DESC"
        with self._reading() as connection, closing(connection.execute(query, values)) as rows:
            return paged_entries(starmap(_entry, rows), max(limit, 0))

    def one(self, job: str, revision: int) -> AuditEntry | None:
        """The whole entry of the edit that gave a job this revision; None where none is kept."""
        terms, values = _terms(AuditFilter(job=job, whats=EDITS), "")
        where = " AND ".join([*terms, "revision = ?"])
        query = f"SELECT id, entry FROM audit WHERE {where} ORDER BY id DESC LIMIT 1"
        with self._reading() as connection:
            row = connection.execute(query, (*values, revision)).fetchone()
            return _entry(*row) if row else None

    def remove(self, before_ms: int, limit: int) -> int:
        """Remove at most so many entries that are older than this; how many there were."""
        oldest = "SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?"
        with self._writing() as connection:
            done = connection.execute(
                f"DELETE FROM audit WHERE id IN ({oldest})", (bound(before_ms), limit)
            )
            self._counted = _NOTHING
            return done.rowcount

    def size_bytes(self) -> int:
        """How much of the file the entries take, roughly; only new ones are looked at again."""
        last, size = self._counted
        with self._reading() as connection:
            newest, more = connection.execute(_SIZE, (ROW_BYTES, last)).fetchone()
        if newest is not None:
            self._counted = newest, size + more
        return self._counted[1]


def _row(entry: AuditEntry) -> tuple[Any, ...]:
    indexed = map(storable, (entry.identity, entry.job, entry.by, entry.what))
    return (*indexed, entry.revision, json.dumps(entry_to_document(entry)))


def _entry(identity: str, text: str) -> AuditEntry | None:
    try:
        return entry_from_document(parse_object(text, "audit"), identity)
    except InvalidField:
        return None


def _terms(wanted: AuditFilter, after: str) -> tuple[list[str], list[Any]]:
    """What must hold of the rows that are asked for, and the values in it."""
    given = [("job = ?", storable(wanted.job)), ("asker = ?", storable(wanted.by))]
    given.append(("id < ?", storable(after)))
    found = [each for each in given if each[1]]
    if wanted.since_ms is not None:
        found.append(("id >= ?", bound(wanted.since_ms)))
    if wanted.until_ms is not None:
        found.append(("id < ?", bound(wanted.until_ms)))
    terms, values = [term for term, _ in found], [value for _, value in found]
    if wanted.whats:
        terms.append(f"what IN ({', '.join('?' * len(wanted.whats))})")
        values += map(storable, wanted.whats)
    return terms, values
