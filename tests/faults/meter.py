"""What daemons hold and use: descriptors, threads, memory, processor time, leases."""

from __future__ import annotations

import psutil

from tests.acceptance.fleet import Daemon
from tests.faults.evidence import Usage
from tests.faults.findings import FIRED, KILLER, keys_under, leases
from tests.faults.fleet import Fleet
from tests.waiting import pause

Reading = dict[tuple[str, str], float]

SHARE = 0.05
ROOM = {"descriptors": 5.0, "threads": 3.0, "bytes": 16e6, "leases": 3.0}
"""What may be more beside a twentieth: what comes and goes, and an interpreter's own growth."""
IDLE_SHARE = 0.02


def read(fleet: Fleet) -> Reading:
    """What the daemons hold now, executors included.

    A deleted job's watermark and a kill have a lease each, which is not counted.
    """
    meant = sum(len(keys_under(fleet.etcd, prefix)) for prefix in (FIRED, KILLER))
    found: Reading = {("etcd", "leases"): float(leases(fleet.etcd) - meant)}
    for name, daemon in _daemons(fleet).items():
        processes = daemon.processes()
        found[name, "descriptors"] = float(sum(p.num_fds() for p in processes))
        found[name, "threads"] = float(sum(p.num_threads() for p in processes))
        found[name, "bytes"] = float(daemon.resident())
    return found


def compared(before: Reading, after: Reading) -> list[Usage]:
    """Both readings, with what each number may have grown by."""
    return [
        Usage(who, what, value, after[who, what], SHARE * value + ROOM[what])
        for (who, what), value in before.items()
    ]


def idling(fleet: Fleet, seconds: float) -> list[Usage]:
    """The processor time of daemons that have nothing to do, over so many seconds."""
    before = {name: daemon.cpu_seconds() for name, daemon in _daemons(fleet).items()}
    pause(seconds)
    return [
        Usage(name, "cpu", before[name], daemon.cpu_seconds(), IDLE_SHARE * seconds)
        for name, daemon in _daemons(fleet).items()
    ]


def _daemons(fleet: Fleet) -> dict[str, Daemon]:
    found: dict[str, Daemon] = {station.name: station.daemon for station in fleet.stations}
    found.update({f"m{number}": master for number, master in enumerate(fleet.masters)})
    assert all(psutil.pid_exists(daemon.child.pid) for daemon in found.values())
    return found
