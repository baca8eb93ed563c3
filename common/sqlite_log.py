"""The store of run logs on one machine: a LogStore in an SQLite file, for one daemon."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from common.errors import InvalidField, LogStoreLost, LogStoreRefused
from common.log_store import JobLogFilter, LogBatch, merged, paged
from common.record import FIXED, JobLog, from_document, storable, to_document
from common.sqlite_audit import TABLES, SqliteAudit
from common.sqlite_file import Kind, SqliteFile

_FILE = Kind(
    application=0x666C744C,
    version=1,
    schema="""
        CREATE TABLE log (
            id INTEGER PRIMARY KEY,
            run_id TEXT NOT NULL UNIQUE,
            jobName TEXT NOT NULL,
            planTime INTEGER NOT NULL,
            scheduleTime INTEGER NOT NULL,
            startTime INTEGER NOT NULL,
            endTime INTEGER NOT NULL,
            more TEXT NOT NULL,
            err TEXT NOT NULL,
            command TEXT NOT NULL,
            output TEXT NOT NULL
        );
        CREATE INDEX log_newest_first ON log (jobName, startTime DESC, run_id);
    """,
    lost=LogStoreLost,
    refused=LogStoreRefused,
    checked=False,
)
_COLUMNS = ", ".join(("run_id", "more", *FIXED))
_WITHOUT_OUTPUT = _COLUMNS.replace("output", "''")
_MARKS = ", ".join("?" * (len(FIXED) + 2))
_INTO = f"INSERT INTO log ({_COLUMNS})"
_INSERT = f"{_INTO} VALUES ({_MARKS}) ON CONFLICT (run_id) DO NOTHING"
_THERE = f"SELECT {_COLUMNS} FROM log WHERE run_id = ?"
_REPLACE = f"UPDATE log SET ({_COLUMNS}) = ({_MARKS}) WHERE run_id = ?"
_NEWEST = "FROM log WHERE jobName = ? ORDER BY startTime DESC, run_id LIMIT ? OFFSET ?"
_GREATEST = 2**63 - 1
_ROWS = 50
"""So many are inserted by one statement."""
_IS_GAP = """instr(more, '"to":') > 0"""
_PLANNED = (
    "FROM log WHERE jobName = ? AND planTime BETWEEN ? AND ? ORDER BY planTime, run_id LIMIT ?"
)
_GAPS = f"""FROM log WHERE jobName = ? AND {_IS_GAP} AND planTime >= ?
            ORDER BY planTime, run_id LIMIT ?"""
_LATER_INDEXES = (
    "CREATE INDEX IF NOT EXISTS log_by_plan ON log (jobName, planTime, run_id)",
    f"""CREATE INDEX IF NOT EXISTS log_gaps ON log (jobName, planTime, run_id)
        WHERE {_IS_GAP}""",
)
"""Not of the schema, so that a file of an earlier fleetcron gets them too."""


class SqliteLogStore:
    """A LogStore whose acknowledged records survive `kill -9` and a power cut.

    Readers do not wait for writers. The file is locked: a second process is told who has it, unless
    it works for the first one, `beside` it.
    """

    def __init__(self, path: Path, beside: bool = False) -> None:
        """Open or make the file; LogStoreRefused when it is in use or none of ours.

        `beside` the process that has it, and has made it.
        """
        self._file = SqliteFile(path, _FILE, beside)
        self._closed = False
        try:
            self._writer, self._reader = self._file.connect(), self._file.connect()
            if not beside:
                self._index()
        except BaseException:
            self._file.close()
            raise
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self.audit = SqliteAudit(
            partial(self._lent, self._writing, self._writer),
            partial(self._lent, self._reading, self._reader),
        )

    def write(self, batch: LogBatch) -> None:
        """Return when the records are on disk; one already there is `merged`.

        LogStoreRefused names a record with a number over 64 bits, once the others are on disk.
        """
        rows, refused = [], []
        for record in batch.logs:
            try:
                rows.append(_row(record))
            except InvalidField as error:
                refused.append(f"{record.run_id}: {error}")
        with self._writing, self._open():
            _insert(self._writer, rows)
        if refused:
            raise LogStoreRefused("; ".join(refused))

    def read(self, wanted: JobLogFilter, skip: int, limit: int) -> list[JobLog]:
        """A page of a job's records by start time, newest first; equal times by run id."""
        page = (storable(wanted.job_name), _bounded(limit), _bounded(skip))
        with self._reading, self._open():
            rows = self._reader.execute(f"SELECT {_COLUMNS} {_NEWEST}", page)
            return paged(_record(row) for row in rows)

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, without its output."""
        found: dict[str, JobLog] = {}
        query = f"SELECT {_WITHOUT_OUTPUT} {_NEWEST}"
        with self._reading, self._open():
            for name in names:
                row = self._reader.execute(query, (storable(name), 1, 0)).fetchone()
                if row:
                    found[name] = _without_times(row)
        return found

    def one(self, run_id: str) -> JobLog | None:
        """The whole record of a run id, or None while there is none."""
        with self._reading, self._open():
            row = self._reader.execute(_THERE, (storable(run_id),)).fetchone()
            return None if row is None else _record(row)

    def planned(self, name: str, first_ms: int, last_ms: int, limit: int) -> list[JobLog]:
        """A job's first records whose plan time lies from the one to the other; no output."""
        window = (storable(name), _timely(first_ms), _timely(last_ms), _bounded(limit))
        return self._without_output(_PLANNED, window)

    def gaps(self, name: str, from_ms: int, limit: int) -> list[JobLog]:
        """A job's first records of a gap that ends at this time or later; no output."""
        return self._without_output(_GAPS, (storable(name), _timely(from_ms), _bounded(limit)))

    def ping(self) -> None:
        """Return when the file can be written."""
        with self._writing, self._open():
            _insert(self._writer, [])

    def clock(self) -> int | None:
        """None: the file is on this machine."""
        with self._open():
            return None

    def close(self) -> None:
        """Close the file once calls under way are done; safe twice."""
        with self._writing, self._reading:
            self._closed = True
            self._writer.close()
            self._reader.close()
            self._file.close()

    def _without_output(self, query: str, values: tuple[Any, ...]) -> list[JobLog]:
        with self._reading, self._open():
            rows = self._reader.execute(f"SELECT {_WITHOUT_OUTPUT} {query}", values)
            return [_without_times(row) for row in rows]

    def _index(self) -> None:
        """Make the indexes that a file may have been made without; long only for a large one."""
        with self._file.translated():
            for statement in (*_LATER_INDEXES, *TABLES):
                self._writer.execute(statement)

    @contextlib.contextmanager
    def _lent(
        self, lock: threading.Lock, connection: sqlite3.Connection
    ) -> Iterator[sqlite3.Connection]:
        with lock, self._open():
            yield connection

    @contextlib.contextmanager
    def _open(self) -> Iterator[None]:
        if self._closed:
            raise LogStoreRefused(f"{self._file.path} is closed")
        with self._file.translated():
            yield


def _bounded(number: int) -> int:
    """What SQL takes for a count: it reads a negative limit as none at all."""
    return min(max(number, 0), _GREATEST)


def _timely(ms: int) -> int:
    """A time as SQL takes it."""
    return min(max(ms, -_GREATEST), _GREATEST)


def _row(record: JobLog) -> tuple[Any, ...]:
    """The record as a row; one without a run id gets one."""
    document = to_document(record)
    run_id = document.pop("runId", "") or uuid.uuid4().hex
    fixed = map(document.pop, FIXED)
    return (run_id, json.dumps(document), *fixed)


def _record(row: Sequence[Any]) -> JobLog:
    run_id, more, *fixed = row
    named = dict(zip(FIXED, fixed, strict=True))
    return from_document({**json.loads(more), **named, "runId": run_id})


def _without_times(row: Sequence[Any]) -> JobLog:
    """A record that was read without its output, and so without the times of its lines."""
    return replace(_record(row), line_times="")


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert or merge them all or, on an error of SQLite's, none.

    Hardly ever is one there already, so that they are inserted many at once first.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            try:
                marks = ", ".join([f"({_MARKS})"] * len(part))
                connection.execute(f"{_INTO} VALUES {marks}", tuple(chain.from_iterable(part)))
            except sqlite3.IntegrityError:
                _insert_each(connection, part)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _insert_each(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    for row in rows:
        if not connection.execute(_INSERT, row).rowcount:
            _merge(connection, row)


def _merge(connection: sqlite3.Connection, row: Sequence[Any]) -> None:
    there = _record(connection.execute(_THERE, (row[0],)).fetchone())
    then = merged(there, _record(row))
    if then != there:
        connection.execute(_REPLACE, (*_row(then), row[0]))
