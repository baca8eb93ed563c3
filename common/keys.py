"""The keys under /cron/: how each is made and what the rest of one means."""

from __future__ import annotations

from common.constants import (
    FLEET_KEY,
    JOB_FIRED_DIR,
    JOB_KILLER_DIR,
    JOB_LOCK_DIR,
    JOB_RUN_DIR,
    JOB_SAVE_DIR,
    JOB_WORKER_DIR,
    WORKER_ALIVE_DIR,
)

__all__ = [
    "FLEET_KEY",
    "alive",
    "fired",
    "job",
    "killer",
    "lock",
    "run",
    "run_id",
    "split_run",
    "worker",
]


def job(name: str) -> str:
    """Where a job's definition lies."""
    return JOB_SAVE_DIR + name


def fired(name: str) -> str:
    """Where a job's watermark lies: the last due instant that was settled."""
    return JOB_FIRED_DIR + name


def lock(name: str) -> str:
    """What a run holds while it may not be overlapped."""
    return JOB_LOCK_DIR + name


def killer(name: str) -> str:
    """Where a kill is asked for."""
    return JOB_KILLER_DIR + name


def run(name: str, identity: str) -> str:
    """What is owed for one due instant of a job."""
    return f"{JOB_RUN_DIR}{name}/{identity}"


def alive(incarnation: str) -> str:
    """What stands for one life of a worker."""
    return WORKER_ALIVE_DIR + incarnation


def worker(identity: str) -> str:
    """A worker's registration; the identity is its IP, or `ip:instance`."""
    return JOB_WORKER_DIR + identity


def run_id(name: str, plan_ms: int) -> str:
    """The run id of a job's due instant (epoch ms)."""
    return f"{name}@{plan_ms}"


def split_run(key: str) -> tuple[str, str] | None:
    """The job's name and the run id that a key under /cron/runs/ names; None for a foreign one."""
    rest = key.removeprefix(JOB_RUN_DIR)
    twice = rest.rpartition("@")[0]
    name = twice[: (len(twice) - 1) // 2]
    if not name or twice != f"{name}/{name}":
        return None
    return name, rest[len(name) + 1 :]
