"""How fast a worker knows its jobs: 100,000 of them at its start, and one save on 20 watches.

`armed` is the time from a real worker's start, and from its first look at the store, until all its
jobs have their next moment; `memory` is that of its main process then. `saved` is the time from
a save until each of 20 watchers in one process has read the job, beside that of two puts of the
same run. Exits with 1 when a limit is passed.
"""

import argparse
import re
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import psutil

from bench.ending import end_tidily
from common import keys
from common.clock import SystemClock
from common.clock_news import ClockNews
from common.clocks import Clocks
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.job import Job, pack_job
from common.store import Put, Store, Transaction, put
from common.watermark import pack_watermark
from tests.acceptance.fleet import stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import pause, until
from worker.draining import Draining
from worker.events import JobSaved, JobsSaved
from worker.lives import Lives
from worker.look_news import LookNews
from worker.mixed import Mixed
from worker.watch import Watcher, follow

MOST_SECONDS, MOST_MB, MOST_MS_BEYOND_PUTS = 2.0, 120, 10.0
WATCHERS, SAVES = 20, 200
ARMED = re.compile(r"^(\S+) .*: (\d+) jobs are known, and ours are armed$", re.MULTILINE)


def fill(store: Store, jobs: int, expressions: int) -> None:
    """Put so many jobs with so many distinct expressions, and their watermarks."""
    now = pack_watermark(time.time_ns() // 1_000_000)
    for start in range(0, jobs, 100):
        many = [_job(n, expressions) for n in range(start, min(start + 100, jobs))]
        both = (
            (Put(keys.job(job.name), pack_job(job)), Put(keys.fired(job.name), now)) for job in many
        )
        store.commit_many([Transaction((), puts) for puts in both])


def _job(n: int, expressions: int) -> Job:
    kind = n % expressions
    second, minute, hour, day = kind % 60, kind // 60 % 60, kind // 3600 % 24, kind // 86400 + 1
    return Job(f"job-{n}", "true", f"{second} {minute} {hour} {day}-28 * * *", timezone="UTC")


def arming(folder: Path, etcd: EtcdServer, uri: str, jobs: int, label: str) -> bool:
    """Whether a worker's start keeps the limits."""
    (worker,) = workers(folder, 1, stores([etcd.endpoint], uri))
    begun = time.time()
    worker.child.start()
    try:
        until(lambda: _armed(worker.log())[1] >= jobs, 120, f"{jobs} jobs are armed")
        at, _ = _armed(worker.log())
        first = min(_times(worker.log()))
        resident = psutil.Process(worker.child.pid).memory_info().rss / 1e6
    finally:
        worker.child.stop(60)
    print(
        f"armed   {label}: {at - begun:.2f} s after the start, {at - first:.2f} s after its first"
        f" words; memory {resident:.0f} MB",
        flush=True,
    )
    return at - begun <= MOST_SECONDS and resident <= MOST_MB


def _times(log: str) -> list[float]:
    found = re.findall(r"^(\d{4}-\d\d-\d\dT\S+Z) ", log, re.MULTILINE)
    return [datetime.fromisoformat(each).timestamp() for each in found]


def _armed(log: str) -> tuple[float, int]:
    """When the last part was armed (epoch seconds), and how many jobs were by then."""
    found = ARMED.findall(log)
    if not found:
        return 0.0, 0
    return datetime.fromisoformat(found[-1][0]).timestamp(), int(found[-1][1])


class Witness:
    """A watcher on a thread of its own, that notes when it has read each revision of jobs."""

    def __init__(self, store: Store) -> None:
        self.seen: dict[int, float] = {}
        self.listed = False
        self.stopped = False
        clocks = ClockNews(Clocks(), SystemClock(), keys.worker("bench"))
        lives = Lives(str, print, print)
        heard = (clocks, lives, Mixed(), Draining("me"), LookNews("me", lambda run_ids: None))
        self.watcher = Watcher(follow(store, "me"), "UTC", self._hear, *heard)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _hear(self, event: object) -> None:
        if isinstance(event, JobSaved):
            self.seen[event.job.revision] = time.perf_counter()
        self.listed |= isinstance(event, JobSaved | JobsSaved)

    def _run(self) -> None:
        while not self.stopped:
            self.watcher.step()


def saving(store: Store, makers: list[Store]) -> bool:
    """Whether a save reaches all watchers soon enough."""
    witnesses = [Witness(each) for each in makers]
    until(lambda: all(w.listed for w in witnesses), 120, "all have listed")
    puts, saves = [], []
    for n in range(SAVES):
        puts.append(2 * _timed_put(store, n))
        begun = time.perf_counter()
        revision = put(store, keys.job(f"job-{n}"), pack_job(_job(n, SAVES))).revision
        until(lambda at=revision: all(at in w.seen for w in witnesses), 10)  # type: ignore[misc]
        saves.append(max(w.seen[revision] for w in witnesses) - begun)
        pause()
    for witness in witnesses:
        witness.stopped = True
    p99, two = (1000 * sorted(each)[int(0.99 * SAVES)] for each in (saves, puts))
    print(f"saved   read by {WATCHERS} watchers {p99:.1f} ms (p99); two puts {two:.1f} ms (p99)")
    return p99 <= two + MOST_MS_BEYOND_PUTS


def _timed_put(store: Store, n: int) -> float:
    begun = time.perf_counter()
    put(store, "/bench/put", str(n).encode())
    return time.perf_counter() - begun


def _filled(
    folder: Path, jobs: int, expressions: int, stack: ExitStack, clients: int = 1
) -> tuple[EtcdServer, list[Store]]:
    """An etcd with so many jobs, and so many clients of it."""
    etcd = EtcdServer(folder)
    etcd.start()
    stack.callback(etcd.kill)
    settings = EtcdSettings(endpoints=(etcd.endpoint,))
    made: list[Store] = [EtcdStore(settings) for _ in range(clients)]
    for each in made:
        stack.callback(each.close)
    fill(made[0], jobs, expressions)
    return etcd, made


def main() -> None:
    """Print the figures; exit with 1 when a limit is passed."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--expressions", type=int, nargs="*", default=[1000, 100_000])
    given = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        mongodb = MongoServer(folder / "mongodb")
        mongodb.start()
        stack.callback(mongodb.kill)
        for expressions in given.expressions:
            etcd, (store,) = _filled(folder / f"etcd{expressions}", given.jobs, expressions, stack)
            label = f"{given.jobs} jobs, {expressions} expressions"
            held &= arming(folder / str(expressions), etcd, mongodb.uri, given.jobs, label)
        _, (store, *others) = _filled(folder / "etcd", 1, 1, stack, 1 + WATCHERS)
        held &= saving(store, others)
    raise SystemExit(0 if held else 1)


if __name__ == "__main__":
    main()
