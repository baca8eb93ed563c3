"""A master and workers on real stores, and what their jobs leave behind."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.fleet import Daemon, Master, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer


@contextmanager
def fleet(
    folder: Path,
    etcd: EtcdServer | EtcdCluster,
    count: int,
    mongodb: MongoServer | None = None,
    **settings: Any,
) -> Iterator[tuple[Master, list[Daemon]]]:
    """A master and so many workers of these settings over these servers, started here; all ready.

    The leases are the default ones. Without a `mongodb` there is one all the same.
    """
    mongodb = mongodb or MongoServer(folder / "mongodb")
    with ExitStack() as stack:
        for server in (mongodb, etcd):
            server.start()
            stack.callback(server.kill)
        endpoints = etcd.endpoints if isinstance(etcd, EtcdCluster) else [etcd.endpoint]
        both = stores(endpoints, mongodb.uri)
        master, crew = Master(folder / "master", both), workers(folder, count, both, **settings)
        for daemon in (master, *crew):
            daemon.start(wait=False)
            stack.callback(daemon.child.stop, 120)
        for daemon in (master, *crew):
            daemon.wait_ready()
        yield master, crew


def now_ms() -> int:
    """Epoch milliseconds."""
    return time.time_ns() // 1_000_000


def logs(master: Master, name: str) -> list[dict[str, Any]]:
    """The newest thousand records of a job; none while the master cannot tell."""
    try:
        return master.logs(name, 1000)
    except AssertionError:
        return []


def plans(master: Master, name: str) -> list[int]:
    """The plan times of these."""
    return [log["planTime"] for log in logs(master, name)]


@dataclass(frozen=True, slots=True)
class Start:
    """A start as the job wrote it: plan time and wall clock (epoch ms), and who spawned it."""

    job: str
    plan: int
    at: int
    parent: int


class Witness:
    """A file to which jobs write."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def command(self, more: str = "") -> str:
        """A command that writes a line and does `more`."""
        line = "$FLEETCRON_JOB $FLEETCRON_PLAN_TIME $(date +%s%3N) $PPID"
        return f"echo {line} >>{self._file}" + (f"; {more}" if more else "")

    def starts(self) -> list[Start]:
        """All so far, in the order in which they were written."""
        text = self._file.read_text() if self._file.exists() else ""
        words = (line.split() for line in text.splitlines())
        return [Start(job, int(plan), int(at), int(who)) for job, plan, at, who in words]

    def doubled(self) -> int:
        """How many starts there were beyond the first of an instant."""
        counts = Counter((start.job, start.plan) for start in self.starts())
        return sum(count - 1 for count in counts.values())

    def untold(self, master: Master, every_ms: int = 1000) -> int:
        """How many instants between a job's first start and last have neither start nor record."""
        told: dict[str, set[int]] = defaultdict(set)
        started: dict[str, set[int]] = defaultdict(set)
        for start in self.starts():
            started[start.job].add(start.plan)
        for job in started:
            for log in logs(master, job):
                first = log.get("from") if log.get("count") else log["planTime"]
                last = log.get("to") if log.get("count") else log["planTime"]
                told[job].update(range(int(first or 0), int(last or 0) + 1, every_ms))
        return sum(
            len(set(range(min(own), max(own) + 1, every_ms)) - own - told[job])
            for job, own in started.items()
        )
