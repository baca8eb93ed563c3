"""MongoDB away for minutes under a steady load, and a worker killed twice meanwhile.

Two workers on etcd, and so many runs a second whose program stamps its own start into a file. Start
lag is told of the time before and of the outage; when MongoDB is back each start must have exactly
one record. Exits with 1 where that is not so, where the 99th percentile of the lag rose by more
than a tenth or 5 ms, whichever is more, or where the killed worker was not ready within 3 seconds.
An outage of less than ten minutes is too short for the runs that a kill delays to be less than one
in a hundred: then what was due around a kill is left out.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.ending import end_tidily
from bench.probes import BARE, Lags, Stamp, compiled, lags, stamps
from bench.running_fleet import fleet, now_ms
from tests.acceptance.fleet import Daemon, Master
from tests.servers.etcd import EtcdServer
from tests.servers.mongodb import MongoServer
from tests.waiting import pause, until

EVERY_SECOND = "* * * * * * *"
SETTLE_SECONDS = 3.0
LEAST_MINUTES = 10.0
"""An outage that is as long is judged by all of its runs."""
NEAR_MS = 5000
"""So long after a kill what is due is near it; and so long before the second."""
SHARE, MOST_MS, MOST_READY_SECONDS = 0.10, 5.0, 3.0
BACKLOG_SECONDS = 600.0
TOLD = ("success", "lost")
"""How a start may have ended."""


@dataclass
class Scene:
    """A fleet under load. `deaths` are the kills (epoch ms), `ready` how long (s) each cost."""

    folder: Path
    mongodb: MongoServer
    master: Master
    crew: list[Daemon]
    names: list[str] = field(default_factory=list)
    deaths: list[int] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)

    def save(self, count: int, probe: Path) -> None:
        """Save so many jobs, all due every second."""
        self.names = [f"bench-{number}" for number in range(count)]
        for name in self.names:
            self.master.save(name, f"exec {probe} {self.folder / name}", EVERY_SECOND)

    def delete(self) -> None:
        """Let no more of them run."""
        for name in self.names:
            self.master.call("/job/delete", name=name)

    def kill(self, worker: Daemon) -> None:
        """Kill a worker's main process and start it again at once."""
        before = worker.log().count("worker is ready")
        self.deaths.append(now_ms())
        begun = time.monotonic()
        worker.child.send(signal.SIGKILL)
        until(lambda: not worker.child.running, why="it is dead")
        worker.start(wait=False)
        worker.wait_ready(before)
        self.ready.append(time.monotonic() - begun)

    def starts(self, begun: int, ended: int) -> list[Stamp]:
        """The starts of instants between the two (epoch ms)."""
        found = (each for name in self.names for each in stamps(self.folder / name))
        return [each for each in found if begun <= each.plan_ms < ended]

    def calm(self, found: Sequence[Stamp]) -> list[Stamp]:
        """Those that were due at some distance from the kills."""
        return [
            each
            for each in found
            if not any(-1000 <= each.plan_ms - death <= NEAR_MS for death in self.deaths)
        ]

    def wrong(self) -> tuple[int, int, int]:
        """How many starts there were, and of these without a record, and with more than one."""
        with self.mongodb.client() as client:
            found = client["cron"]["log"].find(
                {"jobName": {"$in": self.names}, "outcome": {"$in": [*TOLD]}},
                {"jobName": 1, "planTime": 1},
            )
            told = Counter((each["jobName"], each["planTime"]) for each in found)
        started = Counter(
            (name, each.plan_ms) for name in self.names for each in stamps(self.folder / name)
        )
        untold = sum(count for key, count in started.items() if key not in told)
        twice = sum(1 for key, count in told.items() if key in started and count > 1)
        again = sum(count - 1 for count in started.values())
        return sum(started.values()), untold, twice + again

    def untold(self) -> list[str]:
        """Of each start that has no record of its end, what the log store has of it instead."""
        with self.mongodb.client() as client:
            wanted = {"jobName": {"$in": self.names}}
            found = list(client["cron"]["log"].find(wanted, {"outcome": 1}))
        known = {each["_id"]: str(each.get("outcome")) for each in found}
        ran = (
            f"{name}@{each.plan_ms}" for name in self.names for each in stamps(self.folder / name)
        )
        told = ((run_id, known.get(run_id, "nothing")) for run_id in ran)
        return [f"{run_id}: {what}" for run_id, what in told if what not in TOLD]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Servers, a master and two workers, all ready."""
    etcd, mongodb = EtcdServer(folder / "etcd"), MongoServer(folder / "mongodb")
    with fleet(folder, etcd, 2, mongodb, executor_threads=32) as (master, crew):
        yield Scene(folder, mongodb, master, crew)


def row(what: str, found: Lags) -> None:
    """One line of lags."""
    figures = f"{found.least:8.1f} {found.middle:8.1f} {found.p99:8.1f} {found.most:8.1f}"
    print(f"{what:24} {found.count:6d} {figures}", flush=True)


def lag(made: Scene, before: list[Stamp], during: list[Stamp], minutes: float) -> bool:
    """Print the lags; whether they are as they were."""
    print(f"{'':24} starts {'first':>8} {'p50':>8} {'p99':>8} {'max':>8}   (ms)")
    earlier, all_, calm = lags(before), lags(during), lags(made.calm(during))
    row("before", earlier)
    row("without MongoDB", all_)
    row("of it far from a kill", calm)
    judged = all_ if minutes >= LEAST_MINUTES else calm
    return judged.p99 - earlier.p99 <= max(SHARE * earlier.p99, MOST_MS)


def whole(made: Scene) -> bool:
    """Wait for all records; whether each start has exactly one."""
    begun = time.monotonic()
    try:
        until(lambda: not _slowly(made)[1], BACKLOG_SECONDS, "all is recorded")
    finally:
        starts, untold, twice = made.wrong()
        seconds = time.monotonic() - begun
        print(f"{starts} starts, {untold} without a record, {twice} doubled; {seconds:.0f} s later")
        print(*made.untold(), sep="\n", end="\n" if untold else "")
    return not untold and not twice


def _slowly(made: Scene) -> tuple[int, int, int]:
    pause(1.0)
    return made.wrong()


def main() -> int:
    """Print what came of it; the exit code."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long MongoDB is away")
    parser.add_argument("--before", type=float, default=60.0, help="seconds measured before that")
    parser.add_argument("--jobs", type=int, default=50, help="jobs due every second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, scene(Path(scratch)) as made:
        os.chmod(scratch, 0o755)
        made.save(given.jobs, compiled("stamp", Path(scratch), *BARE))
        pause(SETTLE_SECONDS)
        begun = now_ms()
        pause(given.before)
        made.mongodb.kill()
        away = now_ms()
        for _ in range(2):
            pause(20.0 * given.minutes)
            made.kill(made.crew[0])
        pause(max(0.0, 60.0 * given.minutes - (now_ms() - away) / 1000))
        back = now_ms()
        made.mongodb.start()
        pause(SETTLE_SECONDS)
        made.delete()
        held = lag(made, made.starts(begun, away), made.starts(away, back - 1000), given.minutes)
        print("a killed worker was ready again in", ", ".join(f"{s:.1f} s" for s in made.ready))
        held &= max(made.ready) <= MOST_READY_SECONDS
        held &= whole(made)
    print("met" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
