"""How records get into the embedded store: many at once, merged where one is there already."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

from common.log_store import merged
from common.record import FIXED
from common.sqlite_log_table import COLUMNS, record_of, row_of

THERE = f"SELECT {COLUMNS} FROM log WHERE run_id = ?"
"""Finds a record by its run id."""
_MARKS = ", ".join("?" * (len(FIXED) + 2))
_INTO = f"INSERT INTO log ({COLUMNS})"
_INSERT = f"{_INTO} VALUES ({_MARKS}) ON CONFLICT (run_id) DO NOTHING"
_REPLACE = f"UPDATE log SET ({COLUMNS}) = ({_MARKS}) WHERE run_id = ?"
_ROWS = 50
"""So many are inserted by one statement."""


def insert(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
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
    there = record_of(connection.execute(THERE, (row[0],)).fetchone())
    then = merged(there, record_of(row))
    if then != there:
        connection.execute(_REPLACE, (*row_of(then), row[0]))
