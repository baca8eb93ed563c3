"""What running children cost a worker that has nothing else to do, in percent of a core.

Two workers on the same etcd and MongoDB: one holds `--children` runs that sleep, the other none.
Both are measured over the same time: the CPU time of each one's main process and executors, by the
kernel's clock of a process (no samples, no ticks), and how often they were switched to. What the
children cost is the difference. With `--standalone` one standalone holds them, and all that it
costs is counted. The target is 0.1 % of a core.

Of a worker on etcd and MongoDB some 0.2 % is gRPC's own (`event_engine`, `_run`, timers), and
0.04 % pymongo's own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ending import end_tidily
from bench.idle_standalone import Standalone, sleeping
from bench.running_fleet import fleet
from tests.acceptance.fleet import Daemon, Master
from tests.servers.etcd import EtcdServer
from tests.waiting import pause, until

SETTLE_SECONDS = 10.0
SAVE_SECONDS = 0.15
"""What saving one of the jobs may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a worker's processes have used so far: CPU seconds, and switches of their threads."""

    main: float
    executors: float
    switches: int

    def since(self, before: Used) -> Used:
        """What was used between the two."""
        return Used(
            self.main - before.main,
            self.executors - before.executors,
            self.switches - before.switches,
        )


def used(worker: Daemon | Standalone) -> Used:
    """What the worker has used by now."""
    main, *executors = worker.processes()
    switches = sum(switches_of(process.pid) for process in (main, *executors))
    return Used(cpu_of(main.pid), sum(cpu_of(each.pid) for each in executors), switches)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process with all its threads, by its own clock."""
    return time.clock_gettime((~pid << 3) | 2)


def switches_of(pid: int) -> int:
    """How often the process's threads were given a core."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[2]) for task in tasks)


@contextmanager
def pair(folder: Path, children: int) -> Iterator[tuple[Master, Daemon, Daemon]]:
    """A master, the worker that is to hold the children, and the one that is to hold none."""
    etcd, threads = EtcdServer(folder / "etcd"), -(-children // 2)
    with fleet(folder, etcd, 2, executor_threads=threads, stop_timeout_seconds=0) as made:
        master, (busy, idle) = made
        yield master, busy, idle


def begin(master: Master, worker: Daemon, children: int) -> None:
    """Have the first worker run so many sleeps; returns when all of them run."""
    due = time.gmtime(time.time() + 15 + SAVE_SECONDS * children)
    expr = f"{due.tm_sec} {due.tm_min} {due.tm_hour} {due.tm_mday} {due.tm_mon} * {due.tm_year}"
    for number in range(children):
        fields = {"where": ["instance=w0"], "timezone": "UTC", "killGraceSeconds": 1}
        master.save(f"idle-{number}", "exec sleep 100000", expr, **fields)
    executors = [process.pid for process in worker.processes()[1:]]
    until(
        lambda: sum(len(psutil.Process(pid).children()) for pid in executors) == children,
        60 + SAVE_SECONDS * children,
        "all children run",
    )


def main() -> None:
    """Print one line for each worker, and one for the children."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="300 for the record")
    parser.add_argument("--standalone", action="store_true", help="on SQLite, all counted")
    given = parser.parse_args()
    if given.standalone:
        alone(given.children, given.seconds)
        return
    with (
        tempfile.TemporaryDirectory() as scratch,
        pair(Path(scratch), given.children) as (master, busy, idle),
    ):
        begin(master, busy, given.children)
        pause(SETTLE_SECONDS)
        before, began = (used(busy), used(idle)), time.monotonic()
        pause(given.seconds)
        after, seconds = (used(busy), used(idle)), time.monotonic() - began
    held, none = (a.since(b) for a, b in zip(after, before, strict=True))
    report(f"{given.children} children", held, seconds)
    report("none", none, seconds)
    more = 100 * (held.main + held.executors - none.main - none.executors) / seconds
    print(f"{'the children':16}{more:8.3f} % of a core")


def alone(children: int, seconds: float) -> None:
    """Print one line for a standalone with its children."""
    with tempfile.TemporaryDirectory() as scratch, sleeping(Path(scratch), children) as made:
        pause(SETTLE_SECONDS)
        before, began = used(made), time.monotonic()
        pause(seconds)
        held, lasted = used(made).since(before), time.monotonic() - began
    report(f"{children} children", held, lasted)


def report(name: str, cost: Used, seconds: float) -> None:
    """One line: percent of a core, in all and of the executors, and switches a second."""
    print(
        f"{name:16}{100 * (cost.main + cost.executors) / seconds:8.3f} % of a core"
        f"   executors {100 * cost.executors / seconds:.3f} %"
        f"   {cost.switches / seconds:.1f} switches/s"
    )


if __name__ == "__main__":
    main()
