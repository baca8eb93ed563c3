"""What a fleet promises, measured once in full: every instant once, an outage, a flood of output.

  once    three workers on three etcd nodes: a 5 ms job every second for a minute, by its witness
  outage  etcd away for 20 s: events seen, CPU used, when the next instant ran
  flood   a job that prints 1 GiB: what the worker's memory grew by, and what the record has

Exits with 1 when one of them does not hold.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.fleet import Daemon, Master, stores, workers
from tests.servers.etcd import EtcdServer
from tests.servers.etcd_cluster import EtcdCluster
from tests.servers.mongodb import MongoServer
from tests.waiting import pause, until

EVERY_SECOND = "* * * * * * *"
GIB = 1 << 30


@contextmanager
def fleet(
    folder: Path, etcd: EtcdServer | EtcdCluster, count: int
) -> Iterator[tuple[Master, list[Daemon]]]:
    """A master and so many workers over these, all ready."""
    with ExitStack() as stack:
        mongodb = MongoServer(folder / "mongodb")
        mongodb.start()
        stack.callback(mongodb.kill)
        etcd.start()
        stack.callback(etcd.kill)
        endpoints = etcd.endpoints if isinstance(etcd, EtcdCluster) else [etcd.endpoint]
        settings = stores(endpoints, mongodb.uri)
        master, crew = Master(folder / "master", settings), workers(folder, count, settings)
        for daemon in (master, *crew):
            daemon.start(wait=False)
            stack.callback(daemon.child.stop, 60)
        for daemon in (master, *crew):
            daemon.wait_ready()
        yield master, crew


def once(folder: Path) -> bool:
    """Whether the witness and the log both have each of 60 instants once."""
    witness = folder / "witness"
    with fleet(folder, EtcdCluster(folder / "etcd"), 3) as (master, _):
        command = f"echo $FLEETCRON_PLAN_TIME >> {witness}; sleep 0.005"
        master.save("tick", command, EVERY_SECOND)
        until(lambda: len(_lines(witness)) >= 60, 90, "60 starts")
        master.call("/job/delete", name="tick")
        started = _lines(witness)
        until(lambda: len(_plans(master)) >= len(started), 30, "the records")
        plans = _plans(master)
    seconds = (int(max(started)) - int(min(started))) // 1000 + 1
    print(f"once    {seconds} instants, {len(started)} starts, {len(set(started))} distinct,")
    print(f"        {len(plans)} records, {len(set(plans))} distinct plan times")
    return len(started) == len(set(started)) == len(set(plans)) == len(plans) == seconds


def outage(folder: Path) -> bool:
    """Whether 20 s without etcd cost little CPU and no event, and the next instant ran."""
    etcd = EtcdServer(folder / "etcd")
    with fleet(folder, etcd, 1) as (master, (worker,)):
        master.save("tick", "true", EVERY_SECOND)
        until(lambda: _plans(master), 30, "it runs")
        threads = worker.processes()[0].num_threads()
        etcd.stop()
        before, begun = worker.cpu_seconds(), time.monotonic()
        pause(20)
        cpu = (worker.cpu_seconds() - before) / (time.monotonic() - begun)
        etcd.start()
        back = int(time.time() * 1000)
        for n in range(20):
            master.save(f"new-{n}", "true", EVERY_SECOND)
        until(lambda: any(plan > back for plan in _plans(master)), 30, "it runs again")
        lag = min(log["startTime"] for log in master.logs("tick") if log["planTime"] > back) - back
        until(lambda: all(_plans(master, f"new-{n}") for n in range(20)), 30, "all new ones run")
        alive = worker.processes()[0].num_threads()
        plans = _plans(master)
    whole = sorted(plans) == list(range(min(plans), max(plans) + 1, 1000))
    print(f"outage  CPU {cpu:.2%} of a core in 20 s; threads {threads} before, {alive} after;")
    print(
        f"        next instant started {lag} ms after etcd answered; no instant without a", end=""
    )
    print(f" record: {whole}")
    return cpu < 0.05 and whole and alive >= threads


def flood(folder: Path) -> bool:
    """Whether 1 GiB of output leaves the memory as it was, and head, tail and count."""
    with fleet(folder, EtcdServer(folder / "etcd"), 1) as (master, (worker,)):
        master.save("warm", "echo warm", EVERY_SECOND)
        until(lambda: len(_plans(master, "warm")) >= 3, 30, "it is warm")
        before = worker.resident()
        shout = f"echo first; head -c {GIB} /dev/zero | tr '\\0' x; echo; echo last; sleep 1"
        master.save("flood", shout, EVERY_SECOND)
        most = before
        while not (found := _found(master, "flood")):
            most = max(most, worker.resident())
        master.call("/job/delete", name="flood")
    grown = (most - before) / 1e6
    output = found["output"]
    ends = output.startswith("first\n") and output.endswith("\nlast\n")
    print(f"flood   memory of worker and executors grew by {grown:.1f} MB; the record has head and")
    print(f"        tail: {ends}, {len(output)} characters, {found['outputBytes']} bytes counted")
    return grown < 10 and ends and found["outputBytes"] == GIB + 12


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def _logs(master: Master, name: str) -> list[dict[str, Any]]:
    try:
        return master.logs(name, 1000)
    except AssertionError:
        return []


def _plans(master: Master, name: str = "tick") -> list[int]:
    return [log["planTime"] for log in _logs(master, name)]


def _found(master: Master, name: str) -> dict[str, Any] | None:
    ended = (log for log in _logs(master, name) if log["outcome"] != "skipped_overlap")
    return next(ended, None)


def main() -> None:
    """Measure what is named, or all."""
    every: dict[str, Callable[[Path], bool]] = {"once": once, "outage": outage, "flood": flood}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="|".join(every), help="default: all")
    wanted = parser.parse_args().what or list(every)
    if unknown := set(wanted) - set(every):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    held = {}
    for what in wanted:
        with tempfile.TemporaryDirectory() as scratch:
            held[what] = every[what](Path(scratch))
    print(json.dumps(held))
    raise SystemExit(0 if all(held.values()) else 1)


if __name__ == "__main__":
    main()
