"""The C programs of the benches, and what their stamps say."""

import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BARE = ("-nostdlib", "-static")
"""Options for a program that needs no C library."""


def compiled(name: str, directory: Path, *options: str) -> Path:
    """The program of `bench/NAME.c`, by the host's compiler or by the ziglang package's."""
    compiler = shutil.which("cc")
    command = [compiler] if compiler else [sys.executable, "-m", "ziglang", "cc"]
    program = directory / name
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([*command, "-O2", *options, "-o", str(program), str(source)], check=True)
    return program


@dataclass(frozen=True, slots=True)
class Stamp:
    """One start: its due instant (epoch ms) and when it was (epoch ns)."""

    plan_ms: int
    at_ns: int

    @property
    def lag_ms(self) -> float:
        """How late it started."""
        return self.at_ns / 1e6 - self.plan_ms


def stamps(path: Path) -> list[Stamp]:
    """All that the probe wrote, by time."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = (Stamp(*map(int, line.split())) for line in lines)
    return sorted(found, key=lambda stamp: stamp.at_ns)


HEADERS = f"{'':34} starts {'first':>8} {'p50':>8} {'p99':>8} {'max':>8}"
"""What stands above the rows of lags."""


@dataclass(frozen=True, slots=True)
class Lags:
    """Start lags in ms."""

    count: int
    least: float
    middle: float
    p99: float
    most: float

    def row(self, what: str) -> str:
        """They under the `HEADERS`, of what is named so."""
        figures = f"{self.least:8.1f} {self.middle:8.1f} {self.p99:8.1f} {self.most:8.1f}"
        return f"{what:34} {self.count:6d} {figures}"


def lags(found: Sequence[Stamp]) -> Lags:
    """The lags of some starts."""
    late = sorted(stamp.lag_ms for stamp in found)
    p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
    return Lags(len(late), late[0], statistics.median(late), p99, late[-1])


def rate(found: Sequence[Stamp]) -> float:
    """Starts a second from the first to the last of a burst."""
    seconds = (found[-1].at_ns - found[0].at_ns) / 1e9
    return (len(found) - 1) / seconds if seconds > 0 else float("inf")
