"""A standalone with room for many children, for what it costs to let them run.

Its master and worker are one process; `fleetcron standalone` itself has room for fewer at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from bench.loaded_worker import save
from cli.standalone import REGISTRATION_SECONDS, STORE_FILE, WORKER_DIR, run
from common import logs
from common.config import MasterConfig, StoreConfig, WorkerConfig
from common.job import Job
from common.sqlite_store import SqliteStore
from tests.servers.child import Child
from tests.waiting import until

HERE = Path(__file__).parents[1]


class Standalone:
    """It and its executors, as the measurement looks at them."""

    def __init__(self, folder: Path, threads: int) -> None:
        argv = [sys.executable, "-m", "bench.idle_standalone", str(folder), str(threads)]
        self.child = Child(argv, folder / "log", cwd=HERE)

    def processes(self) -> list[psutil.Process]:
        """The standalone and its executors, not their runs."""
        main = psutil.Process(self.child.pid)
        return [main, *main.children()]


@contextmanager
def sleeping(folder: Path, children: int) -> Iterator[Standalone]:
    """A standalone that runs so many sleeps."""
    (folder / WORKER_DIR).mkdir(mode=0o700, parents=True)
    due = time.gmtime(time.time() + 20)
    expr = f"{due.tm_sec} {due.tm_min} {due.tm_hour} {due.tm_mday} {due.tm_mon} * {due.tm_year}"
    jobs = [
        Job(f"idle-{n}", "exec sleep 100000", expr, timezone="UTC", kill_grace_seconds=1)
        for n in range(children)
    ]
    with closing(SqliteStore(folder / STORE_FILE)) as store:
        save(store, jobs)
    made = Standalone(folder, max(1, -(-children // 2)))
    made.child.start()
    try:
        until(lambda: running(made) == children or not made.child.running, 120, "all children run")
        assert made.child.running, made.child.tail()
        yield made
    finally:
        made.child.stop(120)


def running(made: Standalone) -> int:
    """How many children its executors have; 0 while there is no executor yet."""
    try:
        return sum(len(each.children()) for each in made.processes()[1:])
    except psutil.NoSuchProcess:
        return 0


def main() -> int:
    """Be the standalone, in the directory that is given, with executors of so many threads."""
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    logs.set_up("info")
    master = MasterConfig(StoreConfig(), "127.0.0.1:0", False, ())
    worker = WorkerConfig(
        StoreConfig(),
        advertise_ip="127.0.0.1",
        registration_seconds=REGISTRATION_SECONDS,
        data_dir=folder / WORKER_DIR,
        executor_threads=threads,
        stop_timeout_seconds=0,
    )
    return run(master, worker, folder)


if __name__ == "__main__":
    sys.exit(main())
