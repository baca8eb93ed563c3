"""How long `why` takes to answer with many records, asked over HTTP, for the first time and again.

A million records are written (`--records`), of which a tenth, and then all (`--of 10 1`), are of
the job that is asked about; one in a thousand is that of a gap. Then both stores are opened anew
and a master is asked about instants at the end, in the middle, in a gap, before all records and to
come. SQLite, and etcd with the MongoDB server of the tests ($FLEETCRON_TEST_MONGODB names another).
Exits with 1 when an answer took 200 ms or longer.
"""

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.ending import end_tidily
from common import keys
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.job import Job, pack_job
from common.log_store import LogBatch, LogStore
from common.mongo_log import MongoLogStore
from common.mongo_settings import MongoSettings
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from common.sqlite_store import SqliteStore
from common.store import Store, put
from common.watermark import pack_watermark
from tests.integration.mastering import Caller, served
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer

LIMIT_MS = 200.0
AGAIN = 5
BATCH = 1000
GAP_EVERY = 1000
Opener = Callable[[], tuple[Store, LogStore]]


class Log:
    """Records one second apart that end now; each `share`-th is of the job `asked`."""

    def __init__(self, records: int, share: int) -> None:
        self.records, self.share = records, share
        self.end = int(time.time()) // 10 * 10_000
        self.start = self.end - records * 1000

    def record(self, number: int) -> JobLog:
        """The record of this number; one of a gap tells of nine seconds."""
        at = self.start + number * 1000
        name = "asked" if number % self.share == 0 else f"job-{number % 997}"
        plain = JobLog(name, "true", "", "printed\n" * 8, at, at + 3, at + 5, at + 42)
        if number % GAP_EVERY:
            run_id = keys.run_id(name, at)
            return _with(plain, run_id=run_id, outcome="success", worker="10.0.0.1")
        gap = {"gap_from": at - 500, "gap_to": at, "gap_count": 2, "outcome": "missed"}
        return _with(plain, run_id=f"{name}@{at - 500}~{at}", **gap)

    def write(self, logs: LogStore) -> None:
        """All of them."""
        for begin in range(0, self.records, BATCH):
            batch = range(begin, min(begin + BATCH, self.records))
            logs.write(LogBatch(tuple(map(self.record, batch))))

    def questions(self) -> dict[str, dict[str, object]]:
        """What is asked, by what is asked about."""
        middle = self.start + self.records // 2 // GAP_EVERY * GAP_EVERY * 1000
        return {
            "a run, late": {"at": self.end - 20_000},
            "a run, early": {"at": self.start + 10_000},
            "a gap": {"at": middle - 500},
            "no record": {"at": middle + 500},
            "far past": {"at": "1990-01-01T00:00"},
            "the last": {"last": 1},
            "the next": {"next": 1},
        }


def _with(record: JobLog, **fields: object) -> JobLog:
    return dataclasses.replace(record, **fields)  # type: ignore[arg-type]


@contextmanager
def sqlite(folder: Path) -> Iterator[Opener]:
    """Both stores in files."""
    yield lambda: (SqliteStore(folder / "store.db"), SqliteLogStore(folder / "log.db"))


@contextmanager
def servers(folder: Path) -> Iterator[Opener]:
    """Both stores in servers, the log's with its indexes."""
    etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
    etcd.start()
    mongodb.start()

    def opened() -> tuple[Store, LogStore]:
        settings = MongoSettings(mongodb.uri, operation_timeout_seconds=60)
        logs = MongoLogStore(settings)
        logs.ping()
        return EtcdStore(EtcdSettings((etcd.endpoint,))), logs

    try:
        yield opened
    finally:
        mongodb.kill()
        etcd.kill()


@contextmanager
def closing(opened: tuple[Store, LogStore]) -> Iterator[tuple[Store, LogStore]]:
    """Close both at the end."""
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


def filled(opener: Opener, log: Log) -> None:
    """Write the job and all records."""
    with closing(opener()) as (store, logs):
        put(store, keys.job("asked"), pack_job(Job("asked", "true", "* * * * * * *")))
        put(store, keys.fired("asked"), pack_watermark(log.end))
        log.write(logs)


def asked(opener: Opener, log: Log, row: str) -> bool:
    """Ask and print; whether all was in time."""
    in_time = True
    with closing(opener()) as (store, logs), served(store, logs) as master:
        for about, query in log.questions().items():
            first, *again = [_timed(master, query) for _ in range(1 + AGAIN)]
            print(f"{row:<30} {about:<13} {first:9.1f} {max(again):9.1f}", flush=True)
            in_time &= max(first, *again) < LIMIT_MS
    return in_time


def _timed(master: Caller, query: dict[str, object]) -> float:
    begun = time.perf_counter()
    said = master.get("/api/v1/why", name="asked", **query)
    took = (time.perf_counter() - begun) * 1000
    assert said.errno == 0, said.msg
    return took


def measured(kind: str, log: Log) -> bool:
    """Fill new stores and ask; whether all was in time."""
    stores = {"sqlite": sqlite, "servers": servers}[kind]
    with tempfile.TemporaryDirectory(prefix="fleetcron-why-") as name, stores(Path(name)) as opener:
        filled(opener, log)
        return asked(opener, log, f"{kind}, {log.records // log.share:,}")


def main() -> None:
    """Measure on both, with a tenth of the records and with all of them."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--on", choices=["sqlite", "servers"], action="append")
    parser.add_argument("--of", type=int, nargs="+", default=[10, 1], metavar="N")
    given = parser.parse_args()
    print(f"{'stores, records of the job':<30} {'about':<13} {'first ms':>9} {'again ms':>9}")
    held = True
    for kind in given.on or ["sqlite", "servers"]:
        for share in given.of:
            held &= measured(kind, Log(given.records, share))
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
