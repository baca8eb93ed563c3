"""How long a page of records takes, by each filter alone and by all that come in twos.

Records are written (`--records`: so many into SQLite and into MongoDB; see `bench.search_log`). Of
each search three pages are asked for, five times: the first, one in the middle and the last, by
other values each time where there are any, so that nothing is known of the search before. They are
to have the records that going through all finds. Printed is how long each usually takes (the
median), the longest, and what it takes of a CPU, here and in the server; then the same of a plain
page of one job that is asked of the same server by itself, before each of them: it tells how busy
the machine is. A page is too slow that usually takes 50 ms or longer. What other programs slow is
measured again, and said.

MongoDB is the server of the tests, or what $FLEETCRON_TEST_MONGODB names: a program, or the URI of
a running server. It explains each listing: it is to walk an index whose fields are given, in its
order, without a sort, as MongoDB does. The tests' server says so and, as a query without a window
of time tells, collects and sorts what lies between an index's bounds: of listings without an
equality that is all of that time, and so SQLite's figures count for them. It takes minutes to
explain a search among a million records, and so it explains all of them among fewer.

Exits with 1 when a page that counts is too slow or not what it is to be, or explained otherwise.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymongo
from pymongo import monitoring

from bench.ending import end_tidily
from bench.search_judge import HEAD, UNITS, Judge, has_equality
from bench.search_log import Log
from bench.search_pages import Pages
from bench.search_plain import PlainMongodb, PlainSqlite
from bench.search_plans import Asked, Explainer
from common.clock import SystemClock
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.search import Search
from common.sqlite_log import SqliteLogStore
from tests.servers.mongodb import MongoServer, mongodb_program, running_uri

Client = pymongo.MongoClient[dict[str, Any]]
DATABASE = "fleetcron_search_bench"
TELLING = 50_000
"""Among so many records it is seen whether a server sorts."""
EXPLAINED = 3000
"""Among so many records the tests' server explains searches."""


class AtTheEnd(SystemClock):
    """The clock at the time of the newest record, as it is where records come all the time."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def wall_ms(self) -> int:
        """Epoch ms."""
        return self._log.end


def on_sqlite(folder: Path, records: int) -> Judge:
    """Fill a file, open it anew and ask."""
    log, path = Log(records), folder / "log.db"
    judge = Judge("SQLite", records, lambda wanted: True)
    with closing(SqliteLogStore(path)) as logs:
        log.write(logs)
    with closing(SqliteLogStore(path, clock=AtTheEnd(log))) as logs:
        judge.measure(Pages(logs, log, PlainSqlite(path), 0))
    return judge


def on_mongodb(folder: Path, records: int) -> Judge:
    """Fill a server and ask; the server of the tests explains what is asked among few."""
    heard, judge = Asked(), Judge("MongoDB", records, counts)
    monitoring.register(heard)
    with filled(folder / "many", records) as (_, plain, pages):
        judge.measure(pages)
        if records >= TELLING:
            print(f"MongoDB {plain.order()}", flush=True)
    with filled(folder / "few", records if running_uri() else min(records, EXPLAINED)) as made:
        judge.explain(made[2], Explainer(made[0], DATABASE, heard))
    return judge


@contextmanager
def filled(folder: Path, records: int) -> Iterator[tuple[Client, PlainMongodb, Pages]]:
    """So many records in a database of ours, which has no others."""
    log = Log(records)
    with mongodb(folder) as (uri, server), Client(uri) as client:
        settings = MongoSettings(uri, database=DATABASE, operation_timeout_seconds=60)
        with closing(MongoLogStore(settings, AtTheEnd(log))) as logs:
            logs.ping()
            log.write(logs)
            plain = PlainMongodb(client, DATABASE)
            yield client, plain, Pages(logs, log, plain, server)


def counts(wanted: Search) -> bool:
    """Whether MongoDB's times count: the tests' server walks no index but behind an equality."""
    return running_uri() is not None or has_equality(wanted)


def server_name() -> str:
    """What answers in the place of MongoDB."""
    return "a server that was running" if running_uri() else mongodb_program().name


@contextmanager
def mongodb(folder: Path) -> Iterator[tuple[str, int | None]]:
    """The URI of the server, and its pid if it is ours.

    One that was running has our database taken away in the end.
    """
    if running := running_uri():
        try:
            yield running, None
        finally:
            with Client(running) as client:
                client.drop_database(DATABASE)
        return
    server = MongoServer(folder)
    server.start()
    try:
        yield server.uri, server.child.pid
    finally:
        server.kill()


def main() -> None:
    """Measure on both."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", choices=["sqlite", "mongodb"], action="append")
    parser.add_argument("--records", type=int, nargs=2, default=[300_000, 1_000_000])
    given = parser.parse_args()
    few, many = given.records
    print(f"{few:,} records in SQLite, {many:,} in MongoDB\n{HEAD}\n{UNITS}", flush=True)
    judged: list[Judge] = []
    with tempfile.TemporaryDirectory(prefix="fleetcron-search-") as name:
        if "sqlite" in (given.on or ["sqlite"]):
            judged.append(on_sqlite(Path(name), few))
        if "mongodb" in (given.on or ["mongodb"]):
            judged.append(on_mongodb(Path(name), many))
    print(f"Figures that count, where MongoDB is {server_name()}:")
    for judge in judged:
        judge.sources()
    failed = [each for judge in judged for each in judge.failed]
    print("\n".join([*failed, "FAILED" if failed else "passed"]))
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
