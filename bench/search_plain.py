"""What tells a busy machine from a slow search: a plain page of one job, and time on a CPU."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pymongo

from common.mongo_indexes import NEWEST_FIRST

JOB = "job-1"
OF_A_JOB, OF_A_WORKER = {"jobName": JOB}, {"worker": "10.0.0.1"}
TIMES = 3
"""A server sorts that takes so much longer for a page of ten times as many records."""


class PlainMongodb:
    """Asks MongoDB for a page of a job, by itself."""

    def __init__(self, client: pymongo.MongoClient[dict[str, Any]], database: str) -> None:
        self._collection = client[database]["log"]

    def __call__(self) -> None:
        """Ask once."""
        self._ask(OF_A_JOB)

    def order(self) -> str:
        """How the server comes by the newest of many records, as told by how long it takes."""
        few, many = (min(map(self._ms, [asked] * 3)) for asked in (OF_A_JOB, OF_A_WORKER))
        does = "collects and sorts them all" if many > TIMES * few else "walks the index in order"
        return (
            f"without a window of time the newest 50 of a job take {few:.1f} ms, those of a worker,"
            f" which has ten times as many, {many:.1f} ms: this server {does}"
        )

    def _ask(self, query: dict[str, Any]) -> None:
        list(self._collection.find(query).sort(NEWEST_FIRST).limit(50))

    def _ms(self, query: dict[str, Any]) -> float:
        began = time.perf_counter()
        self._ask(query)
        return (time.perf_counter() - began) * 1000


class PlainSqlite:
    """Asks a file for a page of a job, by itself."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> None:
        """Ask once."""
        asked = "SELECT * FROM log WHERE jobName = ? ORDER BY startTime DESC, run_id LIMIT 50"
        with closing(sqlite3.connect(self._path)) as connection:
            connection.execute(asked, (JOB,)).fetchall()


def cpu_ms(server: int | None) -> float:
    """What this process has taken of a CPU, and the server of this pid if it is ours."""
    taken = time.process_time_ns()
    for path in Path(f"/proc/{server}/task").glob("*/schedstat") if server else ():
        with suppress(FileNotFoundError):
            taken += int(path.read_text().split()[0])
    return taken / 1e6
