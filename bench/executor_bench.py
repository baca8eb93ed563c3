"""Runs per second through two executors, as a ratio to a C program that only spawns.

Each measurement stands between two of the C program; their mean is what it is compared with, for
absolute rates on a shared machine mean little. CPU is that of the executors and of this process
(the link, and what little is done here), in microseconds a run.
"""

import argparse
import collections
import itertools
import os
import pwd
import queue
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.ending import end_tidily
from bench.probes import BARE, compiled
from common.job import Job
from worker.ends_told import EndsTold
from worker.executor_config import ExecutorConfig
from worker.executor_link import News
from worker.executor_started import StartedLink
from worker.orders import Order, Over

FAR = 1e15
BOUND_WIDTHS = (2, 4, 8)
ACK_AT = 100
COMMANDS = {"sh": "true", "true": ":", "nothing": ":"}
"""What is run: `true` by way of the shell, or a program itself, whose arguments mean nothing."""
OURS = ExecutorConfig(default_user=pwd.getpwuid(os.getuid()).pw_name, allowed_users=("*",))


@dataclass(frozen=True, slots=True)
class Measured:
    """Runs a second, and the CPU of the executors and of this process in microseconds a run."""

    rate: float
    executors_us: float
    own_us: float


def bound_rate(bound: Path, words: Sequence[str], runs: int) -> float:
    """Runs a second of the C program, with its best number of children."""
    rates = []
    for width in BOUND_WIDTHS:
        arguments = [str(runs), str(width), *words]
        done = subprocess.run([bound, *arguments], check=True, capture_output=True, text=True)
        rates.append(runs / float(done.stdout))
    return max(rates)


class Pair:
    """Two executors with `threads` threads each, and the one queue of what they tell."""

    def __init__(self, directory: Path, threads: int) -> None:
        self.threads = threads
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.ended: list[str] = []
        self._told: collections.deque[Over] = collections.deque()
        self.links = [StartedLink(n, directory, threads, self.news.put, OURS) for n in (0, 1)]
        for link in self.links:
            link.start(20.0)
        self._processes = [psutil.Process(link.pid) for link in self.links]

    def measure(self, runs: int, **fields: Any) -> Measured:
        """As `rate`, and what CPU that took."""
        before, own = self._used(), time.process_time()
        rate = self.rate(runs, **fields)
        own, used = time.process_time() - own, self._used() - before
        return Measured(rate, used / runs * 1e6, own / runs * 1e6)

    def _used(self) -> float:
        """Seconds of CPU of both executors."""
        return sum(sum(process.cpu_times()[:2]) for process in self._processes)

    def rate(self, runs: int, **fields: Any) -> float:
        """Runs a second with every thread busy all the time; `fields` are those of the job."""
        orders = [_order(number, fields) for number in range(runs)]
        link_of = {}
        start = time.monotonic()
        for link in self.links:
            for order in (first := orders[: self.threads]):
                link_of[order.run_id] = link
            del orders[: self.threads]
            link.submit_many(first)
        for _ in range(runs):
            link = link_of.pop(self._end())
            if orders:
                order = orders.pop()
                link_of[order.run_id] = link
                link.submit_many((order,))
        return runs / (time.monotonic() - start)

    def _end(self) -> str:
        """Wait for the next end, and acknowledge them as many at once as a log store would."""
        while not self._told:
            if isinstance(news := self.news.get(timeout=60), EndsTold):
                self._told.extend(news.over)
        over = self._told.popleft()
        assert over.outcome == "success", over
        self.ended.append(over.run_id)
        if len(self.ended) >= ACK_AT:
            for link in self.links:
                link.ack(self.ended)
            self.ended.clear()
        return over.run_id

    def close(self) -> None:
        """End both."""
        for link in self.links:
            link.ask()
        for link in self.links:
            link.join(10.0)


def _order(number: int, fields: Mapping[str, Any]) -> Order:
    environment = {"FLEETCRON_JOB": "bench", "FLEETCRON_RUN_ID": f"bench@{number}"}
    return Order(
        run_id=f"bench@{number}",
        job=Job("bench", **{"command": "true", "cron_expr": "", **fields}),
        environment=environment,
        start_at=0.0,
        incarnation="bench",
        not_after=FAR,
        cut_off_seconds=None,
        start_by=FAR,
    )


def compare(pair: Pair, bound: Path, words: Sequence[str], runs: int, rounds: int) -> None:
    """Measure one pair with one command, and print what came of it."""
    shell, _, command = words
    bounds, found = [bound_rate(bound, words, runs)], []
    pair.rate(pair.threads * 4, shell=shell, command=command)
    for _ in range(rounds):
        found.append(pair.measure(runs, shell=shell, command=command))
        bounds.append(bound_rate(bound, words, runs))
    around = [(before + after) / 2 for before, after in itertools.pairwise(bounds)]
    report("C vfork, exec, wait", bounds, [1.0])
    rates = [each.rate for each in found]
    ratios = [rate / bound for rate, bound in zip(rates, around, strict=True)]
    report(f"2 executors x {pair.threads}", rates, ratios)
    executors = statistics.median(each.executors_us for each in found)
    own = statistics.median(each.own_us for each in found)
    print(f"{'CPU us a run':20} executors {executors:.0f}, main {own:.0f}", flush=True)


def main() -> None:
    """Print three lines for each command and width."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=2000, help="commands a measurement")
    parser.add_argument("--threads", type=int, nargs="+", default=[4, 64], help="of an executor")
    parser.add_argument("--programs", nargs="+", choices=list(COMMANDS), default=list(COMMANDS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bound = compiled("spawn_bound", folder)
        nothing = compiled("nothing", folder, *BARE)
        folder.chmod(0o755)
        paths = {"sh": "/bin/sh", "true": "/bin/true", "nothing": str(nothing)}
        for threads in given.threads:
            pair = Pair(folder / str(threads), threads)
            for name in given.programs:
                print(f"{name}:")
                words = (paths[name], "-c", COMMANDS[name])
                compare(pair, bound, words, given.runs, given.rounds)
            pair.close()


def report(name: str, rates: list[float], ratios: list[float]) -> None:
    """One line: the median rate, the median ratio, and the ratios' range."""
    print(
        f"{name:20}{statistics.median(rates):8.0f} runs/s   ratio {statistics.median(ratios):.2f}"
        f"   ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
