"""A file of run logs that was made without an index gets it when it is opened."""

import contextlib
import sqlite3
from pathlib import Path

from common.log_store import LogBatch
from common.search import Search
from common.sqlite_log import SqliteLogStore
from tests.contract.log_store_room import T, run

LATER = {
    "log_by_job_outcome",
    "log_by_outcome",
    "log_by_plan",
    "log_by_took",
    "log_by_trigger",
    "log_by_worker",
    "log_gaps",
    "log_newest",
}


def opened(path: Path) -> contextlib.closing[SqliteLogStore]:
    """The store in this file."""
    return contextlib.closing(SqliteLogStore(path))


def indexes(path: Path) -> set[str]:
    """The names of the indexes of records."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%' AND tbl_name = 'log'"
        )
        return {name for (name,) in found}


def test_a_file_without_the_later_indexes_gets_them_and_keeps_its_records(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with opened(path) as logs:
        logs.write(LogBatch((run("a", 0), run("a", 5))))
    made = indexes(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for name in LATER:
            connection.execute(f"DROP INDEX {name}")
    with opened(path) as logs:
        assert logs.planned("a", T + 1, T + 9, 5) == [run("a", 5)]
    assert indexes(path) == made == {"log_newest_first", *LATER}


def test_a_row_of_a_number_that_is_none_is_mended_and_found(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with opened(path) as logs:
        logs.write(LogBatch((run("a", 0, outcome="failed", cpu_seconds=float("nan")),)))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in LATER:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("""UPDATE log SET more = '{"outcome": "failed", "cpuSeconds": NaN}'""")
    with opened(path) as logs:
        found = logs.search(Search(outcomes=("failed",)), None, 5)
    assert found.records == [run("a", 0, outcome="failed")]
