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


class PlainMongodb:
    """Asks MongoDB for a page of a job, by itself."""

    def __init__(self, client: pymongo.MongoClient[dict[str, Any]], database: str) -> None:
        self._collection = client[database]["log"]

    def __call__(self) -> None:
        """Ask once."""
        list(self._collection.find({"jobName": JOB}).sort(NEWEST_FIRST).limit(50))


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
