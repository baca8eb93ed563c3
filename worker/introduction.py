"""What a worker says of itself to the others: its name, its labels, its registration."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import socket
import time

from common.boot import boot_id
from common.config import WorkerConfig
from worker.address import local_ip
from worker.cgroup_place import RLIMIT
from worker.members import Member
from worker.registration import Identity


def identify(config: WorkerConfig, limits: str = RLIMIT) -> Identity:
    """Who this worker is: its IP, or IP and instance, and what it says of itself.

    `limits` is what keeps the limits of its runs.
    """
    ip = config.advertise_ip or local_ip()
    name = f"{ip}:{config.instance}" if config.instance else ip
    built_in = {"host": socket.gethostname(), "instance": config.instance}
    host = {"worker": name, **built_in}
    labels = {**built_in, "ip": ip, "limits": limits, **config.labels}

    def registration(incarnation: str, me: Member) -> bytes:
        return _json(
            {
                **host,
                "incarnation": incarnation,
                **_state(me),
                "labels": labels,
                "version": importlib.metadata.version("fleetcron"),
                "python": platform.python_version(),
                "slots": config.most_runs,
                "clock": time.time_ns() // 1_000_000,
            }
        )

    def alive() -> bytes:
        return _json({**host, "bootId": boot_id(), "since": time.time_ns() // 1_000_000})

    return Identity(name, registration, alive, labels)


def _state(me: Member) -> dict[str, object]:
    """How the worker is; what is seldom true is said only where it is."""
    seldom = {
        "shortOf": me.short_of,
        "drained": me.drained,
        "ahead": me.ahead,
        "handed": me.handed,
        "spool": me.spool,
        "executors": me.executors,
    }
    said = {name: value for name, value in seldom.items() if value}
    return {"room": me.room, "draining": me.draining, **said}


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
