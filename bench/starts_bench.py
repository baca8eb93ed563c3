"""How late runs start: many at once, steadily, beside a busy thread, and beside an exec that hangs.

A real standalone; the probe stamps its own start, nothing of ours is asked when it was. `first` is
the earliest start after its due instant in ms (negative: too early). The burst stands beside a C
program that spawns the probe as often from the same instant on; the ratio is that of the p99.
"""

import argparse
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.ending import end_tidily
from bench.loaded_worker import Loaded, standalone
from bench.probes import BARE, HEADERS, Lags, Stamp, compiled, lags, stamps
from common.job import Job
from tests.waiting import pause, until

PERIOD = 20
WIDTHS = (2, 4)


def jobs_of(count: int, expr: str, *argv: str) -> list[Job]:
    """So many jobs; one word is for the shell."""
    return [_job(f"bench-{n}", expr, argv) for n in range(count)]


def _job(name: str, expr: str, argv: tuple[str, ...]) -> Job:
    words = argv if len(argv) > 1 else None
    command = shlex.join(argv) if words else argv[0]
    return Job(name, command, expr, timezone="UTC", overlap="allow", argv=words)


def burst(file: Path, argv: Sequence[str], bound: Path, count: int, rounds: int) -> None:
    """So many due in one second, each time followed by the C program.

    One word is for the shell, in both.
    """
    found, ratios, firsts = [], [], []
    words = argv if len(argv) > 1 else ("/bin/sh", "-c", *argv)
    with standalone(
        file.with_name(f"in-{file.name}"), jobs_of(count, f"*/{PERIOD} * * * * * *", *argv)
    ):
        for number in range(rounds + 1):
            at = int(time.time() // PERIOD + 1) * PERIOD
            pause(at - 0.5 - time.time())
            file.unlink(missing_ok=True)
            until(lambda: _started(file) >= count, 60, f"{count} starts")
            ours = lags(stamps(file))
            best = min(
                (_bound(bound, words, file, count, width) for width in WIDTHS), key=lambda b: b.p99
            )
            if number:  # the first is for warming up
                found.append(ours)
                ratios.append(ours.p99 / best.p99)
                firsts.append(ours.least)
    row(
        f"{count} at once, {file.name.removeprefix('burst-')}",
        min(found, key=lambda each: each.p99),
    )
    told = f"{statistics.median(ratios):.2f}, first {max(firsts):.1f} ms at most"
    print(f"{'':34} p99 / bound's p99: {told}")


def _started(file: Path) -> int:
    pause(0.25)
    return len(stamps(file))


def _bound(program: Path, words: Sequence[str], file: Path, count: int, width: int) -> Lags:
    file.unlink(missing_ok=True)
    arguments = [str(int(time.time()) + 1), str(count), str(width), *words]
    subprocess.run([program, *arguments], check=True)
    found = lags(stamps(file))
    file.unlink()
    return found


def steady(file: Path, seconds: int) -> list[Stamp]:
    """What started in so many whole seconds from the next one on."""
    pause(3.0)
    first = int(time.time()) + 1
    pause(first + seconds + 1 - time.time())
    return [each for each in stamps(file) if first <= each.plan_ms // 1000 < first + seconds]


def measured(
    folder: Path,
    jobs: Callable[[Path], Sequence[Job]],
    seconds: int,
    name: str,
    module: str = "cli",
) -> None:
    """The lags of jobs that are due every second."""
    file = folder / name.replace(" ", "-")
    with standalone(folder / f"in-{file.name}", jobs(file), module):
        row(name, lags(steady(file, seconds)))


@contextmanager
def hanging(worker: Loaded, program: Path) -> Iterator[None]:
    """Let every exec of the program hang for a second."""
    pids = [word for each in worker.processes[1:] for word in ("-p", str(each.pid))]
    asked = ["-e", "trace=execve", "-e", "inject=execve:delay_enter=1000000", "-P", str(program)]
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", *asked, *pids], stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        tracer.kill()  # It does not hear a TERM while an exec hangs.
        tracer.wait()


def beside_a_hang(folder: Path, probe: Path, count: int, seconds: int) -> None:
    """Others beside a program whose exec hangs, and beside the same program when it does not."""
    slow = folder / "slow"
    shutil.copy(probe, slow)
    for what, hung in (
        ("traced", folder / "nothing-of-this-name"),
        ("beside an exec that hangs", slow),
    ):
        file = folder / what.replace(" ", "-")
        jobs = jobs_of(count, "* * * * * * *", str(probe), str(file))
        jobs.append(_job("slow", "* * * * * * *", (str(slow), str(folder / "slow-stamps"))))
        with standalone(folder / f"in-{file.name}", jobs) as worker, hanging(worker, hung):
            row(what, lags(steady(file, seconds)))


def row(what: str, found: Lags) -> None:
    """One line."""
    print(found.row(what), flush=True)


def main() -> None:
    """Print the table."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of the burst")
    parser.add_argument("--burst", type=int, default=1000)
    parser.add_argument("--steady", type=int, default=167, help="jobs due every second")
    parser.add_argument("--few", type=int, default=20, help="jobs beside what is busy or hangs")
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    print(f"{HEADERS}   (ms)")
    every = "* * * * * * *"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        probe, bound = compiled("stamp", folder, *BARE), compiled("burst_bound", folder)

        def words(file: Path) -> dict[str, tuple[str, ...]]:
            return {"direct": (str(probe), str(file)), "shell": (f"{probe} {file}",)}

        def due(count: int, way: str) -> Callable[[Path], list[Job]]:
            return lambda file: jobs_of(count, every, *words(file)[way])

        if given.rounds:
            for way in ("direct", "shell"):
                file = folder / f"burst-{way}"
                burst(file, words(file)[way], bound, given.burst, given.rounds)
        for way in ("direct", "shell"):
            name = f"{given.steady} a second, {way}"
            measured(folder, due(given.steady, way), given.seconds, name)
        few = due(given.few, "direct")
        measured(folder, few, given.seconds, f"{given.few} a second")
        busy = f"{given.few} a second, a busy thread"
        measured(folder, few, given.seconds, busy, "bench.burning")
        if shutil.which("strace"):
            beside_a_hang(folder, probe, given.few, given.seconds)


if __name__ == "__main__":
    main()
