"""Sustained runs a second through the whole path, as a ratio to a C program that only spawns.

Real workers with 2 x 64 threads: standalone, and one on etcd and MongoDB. Many more jobs than
there are slots are due at once, again and again; after each such tick the C program runs the same
command as often, at its better width. A tick lasts from its instant to the last run's end; `known`
is when the log store had all of it, which is shipping and told apart. CPU is that of the worker's
processes, in microseconds a run: the main process, the shipper and the executors by themselves.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.ending import end_tidily
from bench.loaded_worker import Loaded, on_servers, standalone
from bench.probes import BARE, compiled
from common.job import Job
from tests.waiting import pause, until

WIDTHS = (2, 4, 8)
FIRST_SECONDS = 4.0
WORKERS: dict[str, Callable[[Path, Sequence[Job]], AbstractContextManager[Loaded]]] = {
    "standalone": standalone,
    "etcd": on_servers,
}


@dataclass(frozen=True, slots=True)
class Tick:
    """What came of one instant: rates in runs a second, CPU in microseconds a run."""

    rate: float
    known: float
    bound: float
    early_ms: int
    main_us: float
    shipper_us: float
    executors_us: float

    @property
    def ratio(self) -> float:
        """To the C program just after."""
        return self.rate / self.bound


def jobs_of(count: int, program: str, period: int) -> list[Job]:
    """So many jobs that run the program itself, all due every `period` seconds."""
    expr = f"*/{period} * * * * * *"
    return [
        Job(
            f"bench-{n}", ":", expr, timezone="UTC", overlap="allow", shell=program,
            start_deadline_seconds=600.0,
        )
        for n in range(count)
    ]  # fmt: skip


def bound_rate(bound: Path, program: str, runs: int) -> float:
    """Runs a second of the C program, at its best width."""
    rates = []
    for width in WIDTHS:
        arguments = [str(runs), str(width), program, "-c", ":"]
        done = subprocess.run([bound, *arguments], check=True, capture_output=True, text=True)
        rates.append(runs / float(done.stdout))
    return max(rates)


def tick(worker: Loaded, count: int, at_ms: int, bound: Callable[[], float]) -> Tick:
    """Let one instant pass, and measure the bound right after."""
    pause(at_ms / 1000 - 1.0 - time.time())
    before = worker.shares()
    pause(at_ms / 1000 + 0.5 - time.time())
    until(lambda: _look(worker, count, at_ms), 120, f"{count} records")
    known = count / (time.time() - at_ms / 1000)
    pause(1.0)
    used = [now - then for now, then in zip(worker.shares(), before, strict=True)]
    main, shipper, others = (seconds / count * 1e6 for seconds in (*used[:2], sum(used[2:])))
    times = worker.times(at_ms)
    assert len(times) == count, f"{len(times)} records of {count} runs"
    rate = count / (max(end for _, end in times) - at_ms) * 1000
    early = min(start for start, _ in times) - at_ms
    return Tick(rate, known, bound(), early, main, shipper, others)


def _look(worker: Loaded, count: int, at_ms: int) -> bool:
    pause(0.25)
    return worker.count(at_ms) >= count


def ticks(
    worker: Loaded, count: int, period: int, rounds: int, bound: Callable[[], float]
) -> list[Tick]:
    """Measure so many; none while the one before may still be under way."""
    found = []
    at_ms = 0
    for _ in range(rounds + 1):
        soonest = time.time() + FIRST_SECONDS
        at_ms = int(soonest - soonest % period + period) * 1000
        found.append(tick(worker, count, at_ms, bound))
    return found[1:]


def _row(what: str, found: Sequence[Tick]) -> None:
    def middle(value: Callable[[Tick], float]) -> float:
        return statistics.median(value(each) for each in found)

    ratios = [each.ratio for each in found]
    print(
        f"{what:24}{middle(lambda t: t.rate):8.0f}{middle(lambda t: t.known):8.0f}"
        f"{middle(lambda t: t.bound):8.0f}   {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f}-{max(ratios):.2f}) {min(t.early_ms for t in found):6d}"
        f"{middle(lambda t: t.main_us):8.0f}{middle(lambda t: t.shipper_us):9.0f}"
        f"{middle(lambda t: t.executors_us):8.0f}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--true", type=int, default=4000, help="runs of `true` a tick")
    parser.add_argument("--nothing", type=int, default=8000, help="runs without C library a tick")
    parser.add_argument("--period", type=int, default=20, help="seconds from tick to tick")
    parser.add_argument("--workers", nargs="*", choices=list(WORKERS), default=list(WORKERS))
    given = parser.parse_args()
    print(f"{'':24}  runs/s   known   bound   ratio           first ms main us  ship us execs us")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        bound = compiled("spawn_bound", folder)
        nothing = compiled("nothing", folder, *BARE)
        folder.chmod(0o755)
        for name in given.workers:
            for program, count in (("/bin/true", given.true), (str(nothing), given.nothing)):
                if not count:
                    continue
                what = f"{name}, {Path(program).name}"
                made = jobs_of(count, program, given.period)
                with WORKERS[name](folder / what.replace(", ", "-"), made) as worker:
                    measure = partial(bound_rate, bound, program, count)
                    _row(what, ticks(worker, count, given.period, given.rounds, measure))


if __name__ == "__main__":
    main()
