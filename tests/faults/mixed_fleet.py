"""A fleet of two workers of ours and one that keeps the Go protocol, and who ran what in it."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.fleet import HERE, Daemon, Master, stores, workers
from tests.servers.child import Child
from tests.waiting import until

GO_IP = "10.9.9.9"
JOB = "mixed"


@dataclass(frozen=True, slots=True)
class Start:
    """A start of the job: which instant it was (epoch ms), when, and whether by the Go worker."""

    instant: int
    at: int
    by_go: bool


class ShortJob:
    """A job of 5 ms that says who ran it; what the Go worker runs knows nothing of its instant."""

    def __init__(self, folder: Path, every_seconds: int) -> None:
        """The job is due each whole multiple of so many seconds, a divisor of 60."""
        self._file = folder / "starts"
        self._every = every_seconds

    def save(self, master: Master) -> None:
        """Have it run from now on."""
        line = '"${FLEETCRON_PLAN_TIME:-go}" "$(date +%s%3N)"'
        command = f"echo {line} >>{shlex.quote(str(self._file))}; sleep 0.005"
        master.save(JOB, command, f"*/{self._every} * * * * * *", timezone="UTC")

    def starts(self) -> list[Start]:
        """All so far; the instant of a Go worker's is the last one before it."""
        text = self._file.read_text() if self._file.exists() else ""
        every_ms = self._every * 1000
        found = []
        for plan, at in (line.split() for line in text.splitlines()):
            instant = int(at) // every_ms * every_ms if plan == "go" else int(plan)
            found.append(Start(instant, int(at), plan == "go"))
        return found

    def doubled(self) -> list[int]:
        """The instants that were started more than once."""
        counts = Counter(start.instant for start in self.starts())
        return sorted(instant for instant, count in counts.items() if count > 1)


@dataclass(frozen=True, slots=True)
class Mixed:
    """What runs."""

    master: Master
    crew: list[Daemon]
    go: Child


@contextmanager
def mixed_fleet(
    folder: Path, etcd: str, mongodb_uri: str, unregistered: bool = False
) -> Iterator[Mixed]:
    """A master, two workers of ours and a Go one over these stores, all at work.

    Of an `unregistered` Go worker ours know nothing.
    """
    settings = stores([etcd], mongodb_uri)
    master, crew = Master(folder / "master", settings), workers(folder, 2, settings)
    argv = [sys.executable, "-m", "tests.faults.go_worker", "--etcd", etcd, "--ip", GO_IP]
    go = Child(
        [*argv, *(["--unregistered"] if unregistered else [])],
        folder / "go.log",
        env=dict(os.environ),
        cwd=HERE,
    )
    with ExitStack() as stack:
        for daemon in (master, *crew):
            daemon.start(wait=False)
            stack.callback(daemon.child.stop, 60)
        go.start()
        stack.callback(go.stop, 20)
        for daemon in (master, *crew):
            daemon.wait_ready()
        until(lambda: "works" in go.log.read_text(), why="the Go worker works")
        yield Mixed(master, crew, go)
