"""Real workers under a load of jobs that are all due in the same seconds, over both stores.

What they ran is read in their log store, what it cost from their processes; nothing of ours is
asked.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pymongo

from common import keys
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.job import Job, pack_job
from common.sqlite_store import SqliteStore
from common.store import Put, Store, Transaction
from common.watermark import pack_watermark
from tests.acceptance.fleet import shipper_of, stores, workers
from tests.integration.standing_alone import Standalone
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import until

Times = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A worker with its jobs.

    `times` gives the start and end (epoch ms) of an instant's runs, `count` how many records of it
    there are.
    """

    processes: list[psutil.Process]
    times: Callable[[int], Times]
    count: Callable[[int], int]

    def shares(self) -> list[float]:
        """What each of its processes used so far, seconds: the main one, the shipper, others."""
        return [sum(process.cpu_times()[:2]) for process in self.processes]


def save(store: Store, jobs: Sequence[Job]) -> None:
    """Put the jobs as a master does, their watermarks at now."""
    now = pack_watermark(time.time_ns() // 1_000_000)
    for start in range(0, len(jobs), 50):
        part = jobs[start : start + 50]
        puts = [(Put(keys.job(j.name), pack_job(j)), Put(keys.fired(j.name), now)) for j in part]
        store.commit_many([Transaction((), each) for each in puts])


@contextmanager
def standalone(folder: Path, jobs: Sequence[Job], module: str = "cli") -> Iterator[Loaded]:
    """A standalone, with 2 x 64 threads; its jobs are there before it starts.

    `module` is what is run in the place of the command line.
    """
    folder.mkdir(mode=0o700)
    data = folder / "data"
    with closing(SqliteStore(data / "store.db")) as store:
        save(store, jobs)
    daemon = Standalone(data)
    daemon.child.argv[daemon.child.argv.index("cli")] = module
    daemon.start()
    try:
        with closing(sqlite3.connect(data / "log.db", timeout=30)) as log:

            def times(plan_ms: int) -> Times:
                query = "SELECT startTime, endTime FROM log WHERE planTime = ?"
                return [(start, end) for start, end in log.execute(query, (plan_ms,))]

            def count(plan_ms: int) -> int:
                query = "SELECT count(*) FROM log WHERE planTime = ?"
                return int(log.execute(query, (plan_ms,)).fetchone()[0])

            yield Loaded(_processes(daemon.child.pid), times, count)
    finally:
        daemon.child.stop(60)


@contextmanager
def on_servers(folder: Path, jobs: Sequence[Job]) -> Iterator[Loaded]:
    """A worker with 2 x 64 threads on etcd and a server of MongoDB's protocol."""
    with ExitStack() as stack:
        etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
        for server in (etcd, mongodb):
            server.start()
            stack.callback(server.kill)
        store = EtcdStore(EtcdSettings(endpoints=(etcd.endpoint,)))
        stack.callback(store.close)
        save(store, jobs)
        settings = stores([etcd.endpoint], mongodb.uri)
        (worker,) = workers(folder, 1, settings, executor_threads=64)
        worker.start()
        stack.callback(worker.child.stop, 60)
        client: Any = pymongo.MongoClient(mongodb.uri)
        stack.callback(client.close)

        def times(plan_ms: int) -> Times:
            found = client["cron"]["log"].find({"planTime": plan_ms})
            return [(each["startTime"], each["endTime"]) for each in found]

        def count(plan_ms: int) -> int:
            return int(client["cron"]["log"].count_documents({"planTime": plan_ms}))

        yield Loaded(_processes(worker.child.pid), times, count)


def _processes(pid: int) -> list[psutil.Process]:
    """The main process, its shipper, and its executors."""
    main = psutil.Process(pid)
    shipper = until(lambda: shipper_of(pid), 30, "it has a shipper")
    return [main, shipper, *(each for each in main.children() if each != shipper)]
