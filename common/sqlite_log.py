"""The store of run logs on one machine: a LogStore in an SQLite file, for one daemon."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from common.clock import Clock, SystemClock
from common.errors import InvalidField, LogStoreRefused
from common.log_store import JobLogFilter, LogBatch, paged
from common.record import JobLog, storable
from common.search import Found, Position, Search
from common.sqlite_audit import TABLES, SqliteAudit
from common.sqlite_file import SqliteFile
from common.sqlite_indexes import make_indexes
from common.sqlite_insert import THERE, insert
from common.sqlite_keeping import USED_BYTES, names, remove
from common.sqlite_log_table import (
    COLUMNS,
    FILE,
    IS_GAP,
    WITHOUT_OUTPUT,
    bounded,
    record_of,
    row_of,
    timely,
    without_times,
)
from common.sqlite_search import SqliteSearch

_NEWEST = "FROM log WHERE jobName = ? ORDER BY startTime DESC, run_id LIMIT ? OFFSET ?"
_PLANNED = (
    "FROM log WHERE jobName = ? AND planTime BETWEEN ? AND ? ORDER BY planTime, run_id LIMIT ?"
)
_GAPS = f"""FROM log WHERE jobName = ? AND {IS_GAP} AND planTime >= ?
            ORDER BY planTime, run_id LIMIT ?"""


class SqliteLogStore:
    """A LogStore whose acknowledged records survive `kill -9` and a power cut.

    Readers do not wait for writers. The file is locked: a second process is told who has it, unless
    it works for the first one, `beside` it.
    """

    def __init__(self, path: Path, beside: bool = False, clock: Clock | None = None) -> None:
        """Open or make the file; LogStoreRefused when it is in use or none of ours.

        `beside` the process that has it, and has made it.
        """
        self._file = SqliteFile(path, FILE, beside)
        self._closed = False
        try:
            self._writer, self._reader = self._file.connect(), self._file.connect()
            if not beside:
                self._index()
            self._search = SqliteSearch(self._file.connect(), clock or SystemClock())
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
                rows.append(row_of(record))
            except InvalidField as error:
                refused.append(f"{record.run_id}: {error}")
        with self._writing, self._open():
            insert(self._writer, rows)
        if refused:
            raise LogStoreRefused("; ".join(refused))

    def read(self, wanted: JobLogFilter, skip: int, limit: int) -> list[JobLog]:
        """A page of a job's records by start time, newest first; equal times by run id."""
        page = (storable(wanted.job_name), bounded(limit), bounded(skip))
        with self._reading, self._open():
            rows = self._reader.execute(f"SELECT {COLUMNS} {_NEWEST}", page)
            return paged(record_of(row) for row in rows)

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, without its output."""
        found: dict[str, JobLog] = {}
        query = f"SELECT {WITHOUT_OUTPUT} {_NEWEST}"
        with self._reading, self._open():
            for name in names:
                row = self._reader.execute(query, (storable(name), 1, 0)).fetchone()
                if row:
                    found[name] = without_times(row)
        return found

    def one(self, run_id: str) -> JobLog | None:
        """The whole record of a run id, or None while there is none."""
        with self._reading, self._open():
            row = self._reader.execute(THERE, (storable(run_id),)).fetchone()
            return None if row is None else record_of(row)

    def planned(self, name: str, first_ms: int, last_ms: int, limit: int) -> list[JobLog]:
        """A job's first records whose plan time lies from the one to the other; no output."""
        window = (storable(name), timely(first_ms), timely(last_ms), bounded(limit))
        return self._without_output(_PLANNED, window)

    def gaps(self, name: str, from_ms: int, limit: int) -> list[JobLog]:
        """A job's first records of a gap that ends at this time or later; no output."""
        return self._without_output(_GAPS, (storable(name), timely(from_ms), bounded(limit)))

    def search(
        self,
        wanted: Search,
        after: Position | None,
        limit: int,
        outputs: bool = False,
        until_boot: float | None = None,
    ) -> Found:
        """A page of the records that are meant, behind a position; newest first."""
        with self._open():
            return self._search.page(wanted, after, limit, outputs, until_boot)

    def counts(self, wanted: Search, most: int) -> Mapping[str, int | None]:
        """How many of the records that are meant each outcome has, counted up to `most`."""
        with self._open():
            return self._search.counts(wanted, most)

    def older(self, wanted: Search, limit: int) -> list[Position]:
        """Some of the records that are meant, in no order."""
        with self._open():
            return self._search.older(wanted, limit)

    def remove(self, places: Sequence[Position]) -> int:
        """Remove these records, durably; how many of them were there."""
        with self._writing, self._open():
            return remove(self._writer, places)

    def size_bytes(self) -> int:
        """How much of the file the records take; the audit lies in it, too."""
        audit = self.audit.size_bytes()
        with self._reading, self._open():
            (used,) = self._reader.execute(USED_BYTES).fetchone()
        return max(int(used) - audit, 0)

    def names(self, after: str, limit: int) -> list[str]:
        """The first names of jobs that have records behind this one, in their bytes' order."""
        with self._reading, self._open():
            return names(self._reader, after, limit)

    def ping(self) -> None:
        """Return when the file can be written."""
        with self._writing, self._open():
            insert(self._writer, [])

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
            self._search.close()
            self._file.close()

    def _without_output(self, query: str, values: tuple[Any, ...]) -> list[JobLog]:
        with self._reading, self._open():
            rows = self._reader.execute(f"SELECT {WITHOUT_OUTPUT} {query}", values)
            return [without_times(row) for row in rows]

    def _index(self) -> None:
        """Make the indexes that a file may have been made without; long only for a large one."""
        with self._file.translated():
            make_indexes(self._writer)
            for statement in TABLES:
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
