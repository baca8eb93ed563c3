"""The whole path, from due instant to the command's first line: start lag, and starts a second.

Two tables, each for standalone and for a worker on etcd and MongoDB, each beside a C program that
does nothing but vfork, exec and wait, within the same minute: absolute figures of a shared machine
mean little. The probe stamps its own start into a file; nothing of ours is asked when it was.
"""

import argparse
import json
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ending import end_tidily
from bench.probes import BARE, HEADERS, Lags, Stamp, compiled, lags, rate, stamps
from bench.running_fleet import fleet
from tests.integration.standing_alone import Standalone
from tests.servers.etcd import EtcdServer
from tests.waiting import pause, until

WIDTHS = (1, 2, 4)


@contextmanager
def standalone(folder: Path) -> Iterator[str]:
    """A standalone's URL."""
    folder.mkdir()
    daemon = Standalone(folder / "standalone")
    daemon.start()
    try:
        yield daemon.url
    finally:
        daemon.child.stop(60)


@contextmanager
def on_servers(folder: Path) -> Iterator[str]:
    """The URL of a master, beside a worker, on etcd and MongoDB."""
    with fleet(folder, EtcdServer(folder / "etcd"), 1, executor_threads=32) as (master, _):
        yield f"http://127.0.0.1:{master.port}"


def _call(url: str, path: str, **form: str) -> Any:
    body = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(url + path, body, timeout=60) as answer:
        said = json.load(answer)
    assert said["errno"] == 0, said
    return said["data"]


def _save(url: str, count: int, command: str, expr: str) -> list[str]:
    names = [f"bench-{n}" for n in range(count)]
    for name in names:
        job = {"name": name, "command": command, "cronExpr": expr, "overlap": "allow"}
        _call(url, "/job/save", job=json.dumps(job))
    return names


def steady(url: str, probe: Path, file: Path, jobs: int, seconds: int) -> list[Stamp]:
    """`jobs` jobs due every second, for so long."""
    names = _save(url, jobs, f"exec {probe} {file}", "* * * * * * *")
    pause(2.0)
    begun = time.time_ns() // 1_000_000
    pause(seconds + 0.5)
    for name in names:
        _call(url, "/job/delete", name=name)
    whole = range(begun - begun % 1000 + 1000, begun - begun % 1000 + 1000 * (seconds + 1), 1000)
    return [stamp for stamp in stamps(file) if stamp.plan_ms in whole]


def burst(url: str, probe: Path, file: Path, jobs: int) -> list[Stamp]:
    """`jobs` jobs due in one second, once."""
    at = time.gmtime(time.time() + 3 + jobs / 100)
    expr = f"{at.tm_sec} {at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} * {at.tm_year}"
    names = _save(url, jobs, f"exec {probe} {file}", expr)
    until(lambda: len(stamps(file)) == jobs, 120, f"{jobs} starts")
    for name in names:
        _call(url, "/job/delete", name=name)
    return stamps(file)


def bound(program: Path, probe: Path, file: Path, jobs: int, ticks: int) -> list[Stamp]:
    """What the C program does at so many instants, at the width that is best for it."""
    width, found = 0, []
    for tick in range(len(WIDTHS) + ticks):
        file.unlink(missing_ok=True)
        width = WIDTHS[tick] if tick < len(WIDTHS) else width
        at = str(int(time.time()) + 1)
        command = ["/bin/sh", "-c", f"exec {probe} {file}"]
        subprocess.run([program, at, str(jobs), str(width), *command], check=True)
        found.append((rate(stamps(file)), width, stamps(file)))
        if tick == len(WIDTHS) - 1:
            width = max(found, key=lambda item: item[0])[1]
    return [stamp for _, _, part in found[len(WIDTHS) :] for stamp in part]


def _row(what: str, found: Lags, per_second: float, of: float) -> None:
    print(f"{found.row(what)} {per_second:9.0f} {per_second / of:6.2f}")


def _per_tick(found: list[Stamp]) -> float:
    plans = {stamp.plan_ms for stamp in found}
    rates = [rate([stamp for stamp in found if stamp.plan_ms == plan]) for plan in plans]
    return sum(rates) / len(rates)


def main() -> None:
    """Print the tables."""
    end_tidily()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="jobs due every second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--burst", type=int, default=1000, help="jobs due in one second, once")
    given = parser.parse_args()
    print(f"{HEADERS} starts/s  ratio   (ms)")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        probe, program = compiled("stamp", folder, *BARE), compiled("burst_bound", folder)
        for count in (given.jobs, given.burst):
            _table(folder, probe, program, count, given.seconds if count == given.jobs else 0)


def _table(folder: Path, probe: Path, program: Path, count: int, seconds: int) -> None:
    file = folder / "stamps"
    reference = bound(program, probe, file, count, 5)
    of = _per_tick(reference)
    _row(f"C program, {count} at once", lags(reference), of, of)
    for what, start in (("standalone", standalone), ("etcd and MongoDB", on_servers)):
        file.unlink(missing_ok=True)
        with start(folder / f"{what}-{count}") as url:
            if seconds:
                found = steady(url, probe, file, count, seconds)
            else:
                found = burst(url, probe, file, count)
        label = f"{count} jobs a second, {seconds} s" if seconds else f"{count} jobs at once"
        _row(f"{what}, {label}", lags(found), _per_tick(found), of)


if __name__ == "__main__":
    main()
