"""How long a page of records takes, for each filter: the first, one in the middle and the last.

Records are written (`--records`: so many into SQLite and into MongoDB), 20 a second that end now,
of 1,000 jobs and 100 workers; nine in ten are a success. MongoDB is the server of the tests, or
what $FLEETCRON_TEST_MONGODB names: a program, or the URI of a running server. For MongoDB each
listing is explained: it is to walk the index that is meant for it, in its order, without a sort,
and to look at no more than 17 keys for each record of the page. The tests' server does sort, and
so quickly only what equality holds small; there listings without it are timed, but not judged.
Exits with 1 when a page that is judged took 50 ms or longer, or an explanation says otherwise.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from math import inf
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pymongo
from pymongo import monitoring

from bench.ending import end_tidily
from common.errors import LogStoreLost
from common.log_store import LogBatch, LogStore
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.record import FAILED, SKIPPED_OVERLAP, SUCCESS, TIMEOUT, JobLog
from common.search import Position, Search
from common.search_plan import plan
from common.sqlite_log import SqliteLogStore
from tests.servers.mongodb import MongoServer, running_uri

LIMIT_MS = 50.0
PAGE, AGAIN, BATCH = 50, 5, 1000
KEYS_A_RECORD = 17
APART_MS = 50
JOBS, WORKERS = 1000, 100
DATABASE = "fleetcron_search_bench"
BY_EQUALITY = {
    "job",
    "job, outcome",
    "job, outcomes",
    "job, time",
    "outcome: failed",
    "outcomes",
    "worker",
    "workers",
    "worker, outcome",
    "trigger: manual",
    "longer than 1 h",
}
"""What is timed on the tests' server too."""
OUTCOMES = [SUCCESS] * 90 + [FAILED] * 5 + [SKIPPED_OVERLAP] * 4 + [TIMEOUT]
TRIGGERS = ["schedule"] * 97 + ["retry"] * 2 + ["manual"]
DURATIONS = (5, 40, 900, 4000, 30_000, 400_000, 4_000_000)


class Log:
    """Records of all kinds, by number, the oldest first; the same ones for the same number."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.end = int(time.time()) * 1000
        self.start = self.end - records * APART_MS

    def record(self, number: int) -> JobLog:
        """The record of this number."""
        random = Random(number)
        at, outcome = self.start + number * APART_MS, random.choice(OUTCOMES)
        name, began = f"job-{random.randrange(JOBS)}", outcome != SKIPPED_OVERLAP
        took = int(random.choice(DURATIONS) * random.uniform(0.5, 1.5)) if began else 0
        plain = JobLog(name, "true", "", "printed\n" * 8, at, at, at, at + took)
        return dataclasses.replace(
            plain,
            run_id=f"{name}@{at}",
            outcome=outcome,
            worker=f"10.0.0.{random.randrange(WORKERS)}",
            trigger=random.choice(TRIGGERS),
            exit_code=int(outcome != SUCCESS) if began else None,
        )

    def write(self, logs: LogStore) -> None:
        """All of them."""
        for begin in range(0, self.records, BATCH):
            batch = range(begin, min(begin + BATCH, self.records))
            logs.write(LogBatch(tuple(map(self.record, batch))))

    def places(self, wanted: Search) -> dict[str, Position | None]:
        """Behind which record the first, a middle and the last page begins."""
        meant = filter(wanted.matches, map(self.record, range(self.records)))
        last = list(islice(meant, PAGE // 2))[-1]
        middle = Position(self.start + self.records // 2 * APART_MS, "")
        return {"first": None, "middle": middle, "last": _behind(last)}

    def searches(self) -> dict[str, Search]:
        """What is asked, by what it is asked by."""
        since, until = self.start + 60_000, self.end - 60_000
        return {
            "nothing": Search(),
            "time": Search(since_ms=since, until_ms=until),
            "job": Search(job="job-7"),
            "job, outcome": Search(job="job-7", outcomes=(FAILED,)),
            "job, outcomes": Search(job="job-7", outcomes=(FAILED, TIMEOUT, SUCCESS)),
            "job, time": Search(job="job-7", since_ms=since, until_ms=until),
            "outcome: failed": Search(outcomes=(FAILED,)),
            "outcome: success": Search(outcomes=(SUCCESS,)),
            "outcomes": Search(outcomes=(FAILED, TIMEOUT, SKIPPED_OVERLAP)),
            "worker": Search(workers=("10.0.0.9",)),
            "workers": Search(workers=tuple(f"10.0.0.{n}" for n in range(9))),
            "worker, outcome": Search(workers=("10.0.0.9",), outcomes=(SUCCESS,)),
            "trigger: manual": Search(trigger="manual"),
            "trigger: schedule": Search(trigger="schedule"),
            "longer than 1 h": Search(took_least_ms=3_600_000),
            "longer than 90 s": Search(took_least_ms=90_000),
            "shorter than 1 s": Search(took_most_ms=999),
        }


def _behind(last: JobLog) -> Position:
    return Position(last.start_time + 1, "")


def timed(logs: LogStore, wanted: Search, after: Position | None) -> tuple[float, float, int]:
    """Median and longest time of a page in ms, and how many records it has."""
    took, count = [], 0
    for _ in range(AGAIN):
        began = time.perf_counter()
        try:
            found = logs.search(wanted, after, PAGE)
        except LogStoreLost:
            return inf, inf, 0
        took.append((time.perf_counter() - began) * 1000)
        count = len(found.records)
        if not found.complete or not count:
            took.append(inf)
    return median(took), max(took), count


def measured(row: str, logs: LogStore, log: Log, judged: set[str]) -> bool:
    """Ask and print; whether all that is judged was in time."""
    in_time = True
    for name, wanted in log.searches().items():
        cells, slowest = [], 0.0
        for after in log.places(wanted).values():
            usual, longest, _ = timed(logs, wanted, after)
            cells.append(f"{usual:7.1f} {longest:7.1f}")
            slowest = max(slowest, longest)
        good = slowest < LIMIT_MS
        verdict = ("" if good else "  TOO SLOW") if name in judged else "  (not judged here)"
        print(f"{row:<18} {name:<18} {'  '.join(cells)}{verdict}", flush=True)
        in_time &= good or name not in judged
    return in_time


class Asked(monitoring.CommandListener):
    """Hears what is sent to MongoDB, and keeps the listings."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keep a listing."""
        if event.command_name == "find":
            kept = ("find", "filter", "projection", "sort", "hint", "limit")
            self.found.append({name: event.command[name] for name in kept if name in event.command})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """It has its answer."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """It has none."""


def explained(uri: str, logs: LogStore, log: Log, heard: Asked) -> bool:
    """Print what the server says of each listing; whether it is what it is to be."""
    right = True
    with pymongo.MongoClient[dict[str, Any]](uri) as client:
        for name, wanted in log.searches().items():
            index = plan(wanted).index
            for where, after in log.places(wanted).items():
                heard.found.clear()
                with suppress(LogStoreLost):
                    logs.search(wanted, after, PAGE)
                asked = list(heard.found)
                told = [client[DATABASE].command("explain", each) for each in asked]
                right &= said(f"{name:<18} {where:<7}", index, told)
    return right


def said(row: str, index: str, told: list[dict[str, Any]]) -> bool:
    """Print what was said of the queries of one page; whether it is as it is to be."""
    stages = {stage for each in told for stage in walked(each["queryPlanner"]["winningPlan"])}
    used = {name for _, name in stages if name}
    keys = sum(each["executionStats"]["totalKeysExamined"] for each in told)
    kinds = {kind for kind, _ in stages}
    most = KEYS_A_RECORD * PAGE
    good = used == {index} and not kinds & {"SORT", "COLLSCAN"} and keys <= most
    text = f"{len(told)} queries, {keys} keys of {', '.join(used)}: {' '.join(sorted(kinds))}"
    print(f"{row} {text}{'' if good else '  WRONG'}", flush=True)
    return good


def walked(stage: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each stage of a plan, with the index that it walks, if it does."""
    yield stage["stage"], stage.get("indexName", "")
    inner = [stage["inputStage"]] if "inputStage" in stage else stage.get("inputStages", [])
    for each in inner:
        yield from walked(each)


@contextmanager
def mongodb(folder: Path) -> Iterator[str]:
    """The URI of the server; one that was running has our database taken away in the end."""
    running = running_uri()
    server = None if running else MongoServer(folder / "mongodb")
    if server:
        server.start()
    uri = server.uri if server else running or ""
    try:
        yield uri
    finally:
        if server:
            server.kill()
        else:
            with pymongo.MongoClient[dict[str, Any]](uri) as client:
                client.drop_database(DATABASE)


def on_sqlite(folder: Path, records: int) -> bool:
    """Fill a file, open it anew and ask."""
    log, path = Log(records), folder / "log.db"
    with closing(SqliteLogStore(path)) as logs:
        log.write(logs)
    with closing(SqliteLogStore(path)) as logs:
        return measured(f"SQLite, {records:,}", logs, log, set(log.searches()))


def on_mongodb(folder: Path, records: int) -> bool:
    """Fill a server and ask; all is judged where it is a MongoDB."""
    log, heard = Log(records), Asked()
    monitoring.register(heard)
    with mongodb(folder) as uri:
        settings = MongoSettings(uri, database=DATABASE, operation_timeout_seconds=60)
        with closing(MongoLogStore(settings)) as logs:
            logs.ping()
            log.write(logs)
            searches = log.searches()
            judged = {name for name in searches if running_uri() or name in BY_EQUALITY}
            held = measured(f"MongoDB, {records:,}", logs, log, judged)
            return explained(uri, logs, log, heard) and held


def main() -> None:
    """Measure on both."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--on", choices=["sqlite", "mongodb"], action="append")
    parser.add_argument("--records", type=int, nargs=2, default=[300_000, 1_000_000])
    given = parser.parse_args()
    print(
        f"{'store, records':<18} {'by':<18} first page, a middle one, the last: usual, slowest ms"
    )
    held, (few, many) = True, given.records
    with tempfile.TemporaryDirectory(prefix="fleetcron-search-") as name:
        if "sqlite" in (given.on or ["sqlite"]):
            held &= on_sqlite(Path(name), few)
        if "mongodb" in (given.on or ["mongodb"]):
            held &= on_mongodb(Path(name), many)
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
