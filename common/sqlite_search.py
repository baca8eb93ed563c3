"""The embedded store searches its records, on a connection of its own: nobody waits for it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from common.clock import Clock
from common.errors import LogStoreSlow
from common.log_store_keeping import OLDER_SECONDS
from common.record import OUTCOMES, JobLog
from common.search import Found, Position, Search
from common.search_windows import QUERY_SECONDS, Hit, Lengths, Page, Windows
from common.sqlite_log_table import (
    COLUMNS,
    WITHOUT_OUTPUT,
    bounded,
    record_of,
    timely,
    without_times,
)
from common.sqlite_query import Condition, SqliteQuery, between

_STEPS = 2000
"""After so many steps of SQLite's machine the time is looked at: some 20 us."""


class SqliteSearch:
    """Reads only. Errors of SQLite pass through, but for `LogStoreSlow`."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._searching = threading.Lock()
        self._lengths = Lengths()

    def page(
        self,
        wanted: Search,
        after: Position | None,
        limit: int,
        outputs: bool,
        until_boot: float | None,
    ) -> Found:
        """See `LogStore.search`."""
        walks = _Walks(self, wanted, outputs)
        windows = Windows(walks, wanted, limit, self._clock, until_boot, self._lengths)
        return windows.found(after)

    def counts(self, wanted: Search, most: int) -> Mapping[str, int | None]:
        """See `LogStore.counts`."""
        counted = {
            outcome: self._count(replace(wanted, outcomes=(outcome,)), bounded(most))
            for outcome in dict.fromkeys(wanted.outcomes or (*OUTCOMES, ""))
        }
        return {outcome: count for outcome, count in counted.items() if count != 0}

    def older(self, wanted: Search, limit: int) -> list[Position]:
        """See `LogStoreKeeping.older`."""
        sql, values = _of_its_times(wanted, "startTime, run_id")
        found: list[Position] = []
        try:
            with self.rows(f"{sql} LIMIT ?", [*values, bounded(limit)], OLDER_SECONDS) as rows:
                for start_ms, run_id in rows:
                    found.append(Position(start_ms, run_id))
        except LogStoreSlow:
            if not found:
                raise
        return found

    def close(self) -> None:
        """Close the connection once what is under way is done; safe twice."""
        with self._searching:
            self._connection.close()

    @contextlib.contextmanager
    def rows(self, sql: str, values: list[Any], seconds: float) -> Iterator[Iterator[Any]]:
        """What a statement gives; LogStoreSlow while it is read, where that takes longer."""
        until = self._clock.boot() + seconds
        with self._searching:
            self._connection.set_progress_handler(lambda: self._clock.boot() >= until, _STEPS)
            try:
                yield self._given(sql, values)
            finally:
                self._connection.set_progress_handler(None, 0)

    def _given(self, sql: str, values: list[Any]) -> Iterator[Any]:
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise LogStoreSlow("the search took longer than it may") from error

    def _count(self, wanted: Search, most: int) -> int | None:
        sql, values = _of_its_times(wanted, "1")
        counting = f"SELECT count(*) FROM ({sql} LIMIT ?)"
        try:
            with self.rows(counting, [*values, most], QUERY_SECONDS) as rows:
                ((count,),) = rows
        except LogStoreSlow:
            return None
        return int(count)


class _Walks:
    """The queries of one search, for its windows."""

    def __init__(self, store: SqliteSearch, wanted: Search, outputs: bool) -> None:
        self._store = store
        self._query = SqliteQuery(wanted)
        self._columns = COLUMNS if outputs else WITHOUT_OUTPUT
        self._read = record_of if outputs else without_times

    def ties(self, after: Position, page: Page, seconds: float) -> bool:
        """Records of the same start after this one."""
        # Ids that MongoDB made come after all of ours.
        beyond = "FALSE" if after.object_id else "run_id > ?"
        values = [timely(after.start_ms), *([] if after.object_id else [after.run_id])]
        return self._give((f"startTime = ? AND {beyond}", values), page, seconds)

    def between(self, low: int | None, high: int | None, page: Page, seconds: float) -> bool:
        """Records that began at `low` or later and before `high`."""
        return self._give(between(low, high), page, seconds)

    def _give(self, times: Condition, page: Page, seconds: float) -> bool:
        sql, values = self._query.select(self._columns, times)
        ordered = f"{sql} ORDER BY startTime DESC, run_id LIMIT ?"
        with self._store.rows(ordered, [*values, page.left], seconds) as rows:
            return page.take(self._hits(rows))

    def _hits(self, rows: Iterator[Any]) -> Iterator[Hit]:
        for row in rows:
            record: JobLog = self._read(row)
            yield Hit(Position(record.start_time, record.run_id), record)


def _of_its_times(wanted: Search, columns: str) -> Condition:
    """What is meant, in no order."""
    return SqliteQuery(wanted).select(columns, between(wanted.since_ms, wanted.until_ms))
