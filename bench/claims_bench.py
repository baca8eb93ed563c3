"""What due instants cost: etcd's requests and the workers' CPU, claim to acknowledgement.

Real workers on a real etcd and a server of MongoDB's protocol; jobs that are all due in the same
second, several times. Requests are etcd's own count, CPU that of the workers' main processes,
both over the ticks less what an idle fleet needs; runs are counted in the log store. `busiest` is
the busiest worker's runs in units of its fair share. Exits with 1 when a limit is passed.
"""

import argparse
import http.client
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pymongo

from bench.ending import end_tidily
from common import keys
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.job import Job, pack_job
from common.store import Put, Store, Transaction
from common.watermark import pack_watermark
from tests.acceptance.fleet import Daemon, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import pause, until

PERIOD, IDLE_SECONDS = 10, 12
DUE, NEVER = f"*/{PERIOD} * * * * * *", "0 0 1 1 * 2099"
MOST_REQUESTS, MOST_GROWTH, MOST_SHARE = 0.05, 1.3, 2.0
HANDLED = re.compile(r'grpc_server_handled_total\{.*grpc_method="(\w+)".*\} ([0-9.e+]+)')
METHODS = ("Txn", "Range", "Put", "DeleteRange")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a time cost: its seconds, etcd's requests by method, and CPU seconds of workers."""

    seconds: float
    requests: Counter[str]
    cpu: float

    def beyond(self, idle: "Cost") -> "Cost":
        """What it cost more than idling as long."""
        part = self.seconds / idle.seconds
        requests = Counter(self.requests)
        requests.subtract({name: round(count * part) for name, count in idle.requests.items()})
        return Cost(self.seconds, requests, self.cpu - idle.cpu * part)


class Fleet:
    """So many workers, ready, and what looks at them from outside."""

    def __init__(self, etcd: EtcdServer, store: Store, uri: str, crew: list[Daemon]) -> None:
        self.store = store
        self._etcd = etcd
        self._crew = crew
        self._logs: Any = pymongo.MongoClient(uri)["cron"]["log"]

    def save(self, jobs: int, expr: str) -> None:
        """Save the jobs as they are due from now on."""
        for start in range(0, jobs, 100):
            names = (f"bench-{n}" for n in range(start, min(start + 100, jobs)))
            made = (Job(name, ":", expr, timezone="UTC") for name in names)
            self.store.commit_many([Transaction((), _puts(job)) for job in made])

    def measure(self, seconds: float) -> Cost:
        """What the next seconds cost."""
        requests, cpu, begun = self._handled(), self._cpu(), time.monotonic()
        pause(seconds)
        after = self._handled()
        after.subtract(requests)
        return Cost(time.monotonic() - begun, after, self._cpu() - cpu)

    def settle(self) -> None:
        """Return when the workers ask little of etcd: no more than their leases need."""
        few = 4 * len(self._crew)
        until(lambda: self.measure(2.0).requests.total() <= few, 120, "the fleet is idle")

    def runs(self, first_ms: int, last_ms: int) -> Counter[tuple[str, str]]:
        """How many records of instants between the two each worker has, by outcome."""
        found = self._logs.find({"planTime": {"$gte": first_ms, "$lte": last_ms}})
        return Counter((each["worker"], each["outcome"]) for each in found)

    def owed(self) -> int:
        """How many run keys there are."""
        return len(self.store.snapshot("/cron/runs/").entries)

    def _handled(self) -> Counter[str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._etcd.health_port, timeout=10)
        connection.request("GET", "/metrics")
        found = HANDLED.findall(connection.getresponse().read().decode())
        connection.close()
        counted: Counter[str] = Counter()
        for method, count in found:
            if method in METHODS:
                counted[method] += int(float(count))
        return counted

    def _cpu(self) -> float:
        used = (psutil.Process(daemon.child.pid).cpu_times() for daemon in self._crew)
        return sum(times.user + times.system for times in used)


def _puts(job: Job) -> tuple[Put, ...]:
    """A save as the master's: the job, and its watermark at now."""
    now = pack_watermark(time.time_ns() // 1_000_000)
    return (Put(keys.job(job.name), pack_job(job)), Put(keys.fired(job.name), now))


@contextmanager
def fleet(folder: Path, count: int, threads: int) -> Iterator[Fleet]:
    """So many workers over one etcd."""
    with ExitStack() as stack:
        etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
        for server in (etcd, mongodb):
            server.start()
            stack.callback(server.kill)
        store = EtcdStore(EtcdSettings(endpoints=(etcd.endpoint,)))
        stack.callback(store.close)
        settings = stores([etcd.endpoint], mongodb.uri)
        crew = workers(folder, count, settings, executor_threads=threads)
        for daemon in crew:
            daemon.start(wait=False)
            stack.callback(daemon.child.stop, 60)
        for daemon in crew:
            daemon.wait_ready()
        yield Fleet(etcd, store, mongodb.uri, crew)


@dataclass(frozen=True, slots=True)
class Found:
    """What a fleet of some size needed for each due instant."""

    requests: float
    cpu_us: float
    busiest: float
    whole: bool


def measured(folder: Path, count: int, jobs: int, ticks: int, threads: int) -> Found:
    """Let so many jobs be due at so many ticks."""
    with fleet(folder, count, threads) as here:
        here.save(jobs, NEVER)
        here.settle()
        idle = here.measure(IDLE_SECONDS)
        here.save(jobs, DUE)
        pause(2 * PERIOD - (time.time() + 1) % PERIOD)
        begun = time.time_ns() // 1_000_000
        cost = here.measure(PERIOD * ticks).beyond(idle)
        ended = time.time_ns() // 1_000_000
        here.save(jobs, NEVER)
        until(lambda: not here.owed(), 60, "all is acknowledged")
        found = here.runs(begun, ended)
    return _row(count, jobs, ticks, cost, found)


def _row(count: int, jobs: int, ticks: int, cost: Cost, found: Counter[tuple[str, str]]) -> Found:
    due = jobs * ticks
    runs = {worker: n for (worker, outcome), n in found.items() if outcome == "success"}
    busiest = max(runs.values()) * count / due
    requests = cost.requests.total() / due
    whole = found.total() == sum(runs.values()) == due
    print(
        f"{count:7d} {jobs:7d} {due:7d} {sum(runs.values()):7d} {requests:9.3f}"
        f" {cost.cpu / due * 1e6:9.0f} {busiest:8.2f}   {dict(cost.requests)}",
        flush=True,
    )
    return Found(requests, cost.cpu / due * 1e6, busiest, whole)


def main() -> None:
    """Print the table; exit with 1 when a limit is passed."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--jobs", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--ticks", type=int, default=3)
    parser.add_argument("--threads", type=int, default=64, help="of each of two executors")
    given = parser.parse_args()
    print("workers    jobs     due    runs  requests   CPU us  busiest   by method (per instant)")
    held = True
    for jobs in given.jobs:
        rows: list[Found] = []
        for count in given.workers:
            with tempfile.TemporaryDirectory() as scratch:
                rows.append(measured(Path(scratch), count, jobs, given.ticks, given.threads))
        held &= all(row.whole and row.busiest <= MOST_SHARE for row in rows)
        if jobs >= 100 * max(given.workers):
            held &= all(row.requests <= MOST_REQUESTS for row in rows)
            held &= all(row.cpu_us <= MOST_GROWTH * rows[0].cpu_us for row in rows)
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
