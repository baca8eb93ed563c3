"""Housekeeping of the embedded store of records: removing, its size, whose records it has."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from common.record import storable
from common.search import Position

USED_BYTES = """SELECT (page_count - freelist_count) * page_size
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size"""
_NEXT_NAME = """SELECT jobName FROM log INDEXED BY log_newest_first
    WHERE jobName > ? ORDER BY jobName LIMIT 1"""
_PLACES = 500
"""So many are removed by one statement."""


def remove(connection: sqlite3.Connection, places: Sequence[Position]) -> int:
    """Remove these records or, on an error of SQLite's, none; how many of them were there."""
    run_ids = [storable(place.run_id) for place in places if not place.object_id]
    removed = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        for start in range(0, len(run_ids), _PLACES):
            part = run_ids[start : start + _PLACES]
            marks = ", ".join("?" * len(part))
            removed += connection.execute(
                f"DELETE FROM log WHERE run_id IN ({marks})", part
            ).rowcount
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return removed


def names(connection: sqlite3.Connection, after: str, limit: int) -> list[str]:
    """The first names after this one: each is found in the index by the one before it."""
    found: list[str] = []
    last = storable(after)
    while len(found) < limit:
        row = connection.execute(_NEXT_NAME, (last,)).fetchone()
        if row is None:
            break
        (last,) = row
        found.append(last)
    return found
