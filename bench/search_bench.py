"""How long a page of records takes, by each filter alone and by all that come in twos.

Records are written (`--records`: so many into SQLite and into MongoDB; see `bench.search_log`). Of
each search five pages are asked for: the first, one in the middle and the last, by other values
each time where there are any, so that nothing is known of the search before. They are to have the
records that going through all finds. Printed is how long each usually takes (the median), the
longest, and what it takes of a CPU, here and in the server; then the same of a plain page of one
job that is asked of the same server by itself, before each of them: it tells how busy the machine
is. A page is too slow that usually takes 50 ms or longer, and as much of a CPU.

MongoDB is the server of the tests, or what $FLEETCRON_TEST_MONGODB names: a program, or the URI of
a running server. It explains each listing: it is to walk an index whose fields are given, in its
order, without a sort. The tests' server says the same of all, but walks an index in its order only
behind an equality: listings without one are timed there, and SQLite's figures count for them.
Exits with 1 when a page that counts is too slow or not what it is to be, or explained otherwise.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pymongo
from pymongo import monitoring

from bench.ending import end_tidily
from bench.search_log import Log
from bench.search_pages import LIMIT_MS, Pages
from bench.search_plain import PlainMongodb, PlainSqlite
from bench.search_plans import Asked, Explainer
from bench.search_shapes import shapes
from common.clock import SystemClock
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.search import Search
from common.search_plan import plan
from common.sqlite_log import SqliteLogStore
from tests.servers.mongodb import MongoServer, running_uri

DATABASE = "fleetcron_search_bench"
HEAD = (
    f"{'':<44}{'first page':^22}  {'one in the middle':^22}  {'the last':^22}  {'a plain one':^13}"
)
UNITS = f"{'':<44}{'  usual longest    CPU  ' * 3} usual longest  ms"


class AtTheEnd(SystemClock):
    """The clock at the time of the newest record, as it is where records come all the time."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def wall_ms(self) -> int:
        """Epoch ms."""
        return self._log.end


class Judge:
    """Prints what is measured of one store, and keeps what is not as it is to be."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.failed: list[str] = []

    def measure(self, pages: Pages, log: Log, counts: Callable[[Search], bool]) -> None:
        """Ask for pages of each search."""
        slowest = most = 0.0
        for name, searches in shapes(log).items():
            timed, counted = pages.timed(searches), counts(searches[0])
            remarks = sorted(timed.wrong) + ([] if counted else ["does not count here"])
            if timed.usual >= LIMIT_MS:
                remarks.append("TOO SLOW" if timed.needed >= LIMIT_MS else "slowed by others")
            if counted:
                slowest, most = max(slowest, timed.usual), max(most, timed.needed)
                self._keep(name, [each for each in remarks if each.isupper()])
            print(f"{self._name:<8}{name:<36}{timed}  {', '.join(remarks)}", flush=True)
        text = f"the slowest page that counts usually takes {slowest:.1f} ms, {most:.1f} ms of CPU"
        print(f"{self._name}: {text}", flush=True)

    def explain(self, pages: Pages, log: Log, logs: MongoLogStore, explainer: Explainer) -> None:
        """Have a page of each search explained."""
        for name, (wanted, *_) in shapes(log).items():
            _, middle, _ = pages.places(wanted)
            said = explainer.told(logs, wanted, middle.after)
            self._keep(name, [] if said.right else [f"EXPLAINED OTHERWISE: {said}"])
            print(f"{'explain':<8}{name:<36}{said}{'' if said.right else '  WRONG'}", flush=True)

    def _keep(self, name: str, wrong: list[str]) -> None:
        self.failed += [f"{self._name}: {name}: {each}" for each in wrong]


def on_sqlite(folder: Path, records: int) -> list[str]:
    """Fill a file, open it anew and ask; what is not as it is to be."""
    log, path, judge = Log(records), folder / "log.db", Judge("SQLite")
    with closing(SqliteLogStore(path)) as logs:
        log.write(logs)
    with closing(SqliteLogStore(path, clock=AtTheEnd(log))) as logs:
        pages = Pages(logs, log, PlainSqlite(path), 0)
        judge.measure(pages, log, counts=lambda wanted: True)
    return judge.failed


def on_mongodb(folder: Path, records: int) -> list[str]:
    """Fill a server and ask; what is not as it is to be."""
    log, heard, judge = Log(records), Asked(), Judge("MongoDB")
    with mongodb(folder) as (uri, server), pymongo.MongoClient[dict[str, Any]](uri) as client:
        monitoring.register(heard)
        settings = MongoSettings(uri, database=DATABASE, operation_timeout_seconds=60)
        with closing(MongoLogStore(settings, AtTheEnd(log))) as logs:
            logs.ping()
            log.write(logs)
            pages = Pages(logs, log, PlainMongodb(client, DATABASE), server)
            judge.measure(pages, log, counts)
            judge.explain(pages, log, logs, Explainer(client, DATABASE, heard))
    return judge.failed


def counts(wanted: Search) -> bool:
    """Whether MongoDB's times count: the tests' server walks no index but behind an equality."""
    return running_uri() is not None or bool(plan(wanted, many_workers=True).bound)


@contextmanager
def mongodb(folder: Path) -> Iterator[tuple[str, int | None]]:
    """The URI of the server, and its pid if it is ours.

    One that was running has our database taken away in the end.
    """
    if running := running_uri():
        try:
            yield running, None
        finally:
            with pymongo.MongoClient[dict[str, Any]](running) as client:
                client.drop_database(DATABASE)
        return
    server = MongoServer(folder / "mongodb")
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
    failed, (few, many) = [], given.records
    print(f"{few:,} records in SQLite, {many:,} in MongoDB\n{HEAD}\n{UNITS}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fleetcron-search-") as name:
        if "sqlite" in (given.on or ["sqlite"]):
            failed += on_sqlite(Path(name), few)
        if "mongodb" in (given.on or ["mongodb"]):
            failed += on_mongodb(Path(name), many)
    print("\n".join([*failed, "FAILED" if failed else "passed"]))
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
