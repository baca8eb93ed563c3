"""A worker that keeps the Go system's protocol, as a process: it runs whatever jobs etcd has.

python -m tests.faults.go_worker --etcd HOST:PORT --ip IP [--unregistered]

It registers its IP with an empty value, sleeps up to a second at each due instant, runs the
command if it gets a lock on the job's name, and lets go of that at once. Ends by SIGTERM.
"""

from __future__ import annotations

import argparse
import logging
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common import keys
from common.constants import JOB_KILLER_DIR, JOB_SAVE_DIR
from common.errors import InvalidField, StoreClosed
from common.etcd_settings import EtcdSettings
from common.etcd_store import EtcdStore
from common.job import unpack_job
from common.protocol import extract_killer_name
from common.schedule import Schedule, parse_schedule
from common.store import Absent, Entry, Put, Snapshot, Store, Transaction, Watch, put

log = logging.getLogger("go worker")

LEASE_SECONDS, REGISTERED_SECONDS = 5.0, 10.0
LONGEST_SLEEP_SECONDS = 1.0
LOOK_SECONDS = 0.02


class KeptLease:
    """A lease that a thread of its own renews until it is let go."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._over = threading.Event()
        self._seconds = seconds
        self.lease = store.grant(seconds)
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def let_go(self) -> None:
        """End it and its keys at once."""
        self._over.set()
        self._thread.join()
        self._store.revoke(self.lease)

    def _renew(self) -> None:
        while not self._over.wait(self._seconds / 3):
            self._store.renew(self.lease)


@dataclass
class Planned:
    """A job and its next due instant (epoch ms), and what runs of it now."""

    command: str
    schedule: Schedule
    next_ms: int | None
    busy: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None)


class GoWorker:
    """The body of the process; `stop` may be called by a signal handler."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch
        self._jobs: dict[str, Planned] = {}
        self._stopping = False

    def stop(self) -> None:
        """Let `work` return soon."""
        self._stopping = True

    def work(self) -> None:
        """Follow jobs and kills, and try whatever is due."""
        while not self._stopping:
            self._hear()
            now_ms = time.time_ns() // 1_000_000
            for name, job in list(self._jobs.items()):
                if job.next_ms is not None and job.next_ms <= now_ms:
                    job.next_ms = job.schedule.next_after(now_ms)
                    self._begin(name, job)

    def _hear(self) -> None:
        try:
            news = self._watch.next(LOOK_SECONDS)
        except StoreClosed:
            self._stopping = True
            return
        if isinstance(news, Snapshot):
            for entry in news.entries if news.prefix == JOB_SAVE_DIR else ():
                self._saved(entry)
        for change in () if news is None or isinstance(news, Snapshot) else news.changes:
            if change.key.startswith(JOB_KILLER_DIR):
                self._kill(extract_killer_name(change.key) if change.entry else "")
            elif change.entry:
                self._saved(change.entry)
            else:
                self._jobs.pop(change.key.removeprefix(JOB_SAVE_DIR), None)

    def _saved(self, entry: Entry) -> None:
        try:
            job = unpack_job(entry.value)
            schedule = parse_schedule(job.cron_expr)
        except InvalidField as error:
            log.warning("%s: %s", entry.key, error)
            return
        next_ms = schedule.next_after(time.time_ns() // 1_000_000)
        known = self._jobs.get(job.name)
        busy = known.busy if known else False
        self._jobs[job.name] = Planned(job.command, schedule, next_ms, busy)

    def _kill(self, name: str) -> None:
        """End the shell alone, as the Go system does."""
        job = self._jobs.get(name)
        if job and job.process:
            job.process.kill()

    def _begin(self, name: str, job: Planned) -> None:
        if not job.busy:
            job.busy = True
            threading.Thread(target=self._try, args=(name, job), daemon=True).start()

    def _try(self, name: str, job: Planned) -> None:
        threading.Event().wait(random.uniform(0, LONGEST_SLEEP_SECONDS))
        kept = KeptLease(self._store, LEASE_SECONDS)
        lock = keys.lock(name)
        asked = Transaction((Absent(lock),), (Put(lock, b"", kept.lease),))
        if self._store.commit(asked).won:
            _run(job)
        kept.let_go()
        job.busy = False


def _run(job: Planned) -> None:
    job.process = subprocess.Popen(
        ["/bin/sh", "-c", job.command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    job.process.communicate()
    job.process = None


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def main() -> None:
    """Work until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--etcd", required=True, metavar="HOST:PORT")
    parser.add_argument("--ip", required=True)
    parser.add_argument("--unregistered", action="store_true", help="nobody is to know of it")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    store = EtcdStore(EtcdSettings((given.etcd,)))
    kept = KeptLease(store, REGISTERED_SECONDS)
    if not given.unregistered:
        put(store, keys.worker(given.ip), b"", kept.lease)
    worker = GoWorker(store, store.watch((JOB_SAVE_DIR, JOB_KILLER_DIR)))
    _on_signals(worker.stop)
    log.info("the Go worker works")
    worker.work()
    kept.let_go()
    store.close()


if __name__ == "__main__":
    main()
