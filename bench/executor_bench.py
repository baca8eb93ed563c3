"""Runs per second of `true` through two executors, as a ratio to a C program that only spawns.

Each measurement stands between two of the C program; their mean is what it is compared with, for
absolute rates on a shared machine mean little.
"""

import argparse
import os
import pwd
import queue
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.ending import end_tidily
from bench.probes import compiled
from common.job import Job
from worker.executor_config import ExecutorConfig
from worker.executor_link import ExecutorLink, News
from worker.orders import Ended, Order

FAR = 1e15
BOUND_WIDTHS = (2, 4)
ACK_AT = 100
OURS = ExecutorConfig(default_user=pwd.getpwuid(os.getuid()).pw_name, allowed_users=("*",))


def bound_rate(program: Path, runs: int) -> float:
    """Runs a second of the C program by way of the shell, with its better number of children."""
    rates = []
    for width in BOUND_WIDTHS:
        arguments = [str(runs), str(width), "/bin/sh", "-c", "true"]
        done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True)
        rates.append(runs / float(done.stdout))
    return max(rates)


class Pair:
    """Two executors with `threads` threads each, and the one queue of what they tell."""

    def __init__(self, directory: Path, threads: int) -> None:
        self.threads = threads
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.ended: list[str] = []
        self.links = [ExecutorLink(n, directory, threads, self.news.put, OURS) for n in (0, 1)]
        for link in self.links:
            link.start(20.0)

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
                link.submit(order)
        return runs / (time.monotonic() - start)

    def _end(self) -> str:
        """Wait for the next end, and acknowledge them as many at once as a log store would."""
        while not isinstance(news := self.news.get(timeout=60), Ended):
            pass
        assert news.outcome == "success", news
        self.ended.append(news.run_id)
        if len(self.ended) >= ACK_AT:
            for link in self.links:
                link.ack(self.ended)
            self.ended.clear()
        return news.run_id

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
        job=Job("bench", "true", "", **fields),
        environment=environment,
        start_at=0.0,
        incarnation="bench",
        not_after=FAR,
        cut_off_seconds=None,
        start_by=FAR,
    )


def main() -> None:
    """Print one line a width: runs a second, and the ratio to the C runs before and after."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=1000, help="commands a measurement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        program = compiled("spawn_bound", Path(scratch))
        pairs = [Pair(Path(scratch) / str(threads), threads) for threads in (4, 64)]
        bounds = [bound_rate(program, given.runs)]
        rates: dict[int, list[float]] = {pair.threads: [] for pair in pairs}
        ratios: dict[int, list[float]] = {pair.threads: [] for pair in pairs}
        for _ in range(given.rounds):
            for pair in pairs:
                rate = pair.rate(given.runs)
                bounds.append(bound_rate(program, given.runs))
                rates[pair.threads].append(rate)
                ratios[pair.threads].append(2 * rate / (bounds[-2] + bounds[-1]))
        for pair in pairs:
            pair.close()
    report("C vfork, exec, wait", bounds, [1.0])
    for pair in pairs:
        report(f"2 executors x {pair.threads}", rates[pair.threads], ratios[pair.threads])


def report(name: str, rates: list[float], ratios: list[float]) -> None:
    """One line: the median rate, the median ratio, and the ratios' range."""
    print(
        f"{name:20}{statistics.median(rates):8.0f} runs/s   ratio {statistics.median(ratios):.2f}"
        f"   ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
