"""What a fleet promises, measured once in full: every instant once, whatever is away or dies.

  once    three workers on three etcd nodes: a 5 ms job every second for a minute, by its witness
  leader  the leader of three etcd nodes killed: how long no instant was started, what was lost
  outage  all of etcd away for 60 s: CPU used, what ran on, when the next instant ran, what was lost
  lost    a worker killed: when its jobs ran elsewhere, when its run was recorded as lost
  flood   a job that prints 1 GiB: what the worker's memory grew by, and what the record has

Exits with 1 when one of them does not hold.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.ending import end_tidily
from bench.fleet_losses import lost
from bench.fleet_outages import leader, outage
from bench.running_fleet import fleet, logs, plans
from tests.acceptance.fleet import Master
from tests.servers.etcd import EtcdServer
from tests.servers.etcd_cluster import EtcdCluster
from tests.waiting import until

EVERY_SECOND = "* * * * * * *"
GIB = 1 << 30


def once(folder: Path) -> bool:
    """Whether the witness and the log both have each of 60 instants once."""
    witness = folder / "witness"
    with fleet(folder, EtcdCluster(folder / "etcd"), 3) as (master, _):
        command = f"echo $FLEETCRON_PLAN_TIME >> {witness}; sleep 0.005"
        master.save("tick", command, EVERY_SECOND)
        until(lambda: len(_lines(witness)) >= 60, 90, "60 starts")
        master.call("/job/delete", name="tick")
        started = _lines(witness)
        until(lambda: len(plans(master, "tick")) >= len(started), 30, "the records")
        found = plans(master, "tick")
    seconds = (int(max(started)) - int(min(started))) // 1000 + 1
    print(f"once    {seconds} instants, {len(started)} starts, {len(set(started))} distinct,")
    print(f"        {len(found)} records, {len(set(found))} distinct plan times")
    return len(started) == len(set(started)) == len(set(found)) == len(found) == seconds


def flood(folder: Path) -> bool:
    """Whether 1 GiB of output leaves the memory as it was, and head, tail and count."""
    with fleet(folder, EtcdServer(folder / "etcd"), 1) as (master, (worker,)):
        master.save("warm", "echo warm", EVERY_SECOND)
        until(lambda: len(plans(master, "warm")) >= 3, 30, "it is warm")
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


def _found(master: Master, name: str) -> dict[str, Any] | None:
    ended = (log for log in logs(master, name) if log["outcome"] != "skipped_overlap")
    return next(ended, None)


def main() -> None:
    """Measure what is named, or all."""
    end_tidily()
    every: dict[str, Callable[[Path], bool]] = {
        "once": once,
        "leader": leader,
        "outage": outage,
        "lost": lost,
        "flood": flood,
    }
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
