"""The keys under /cron/: how each is made and what the rest of one means.

A unit is what is claimed by itself: a job, or each share of one that runs on several hosts
(`job#0`, `job#10.0.0.7`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.constants import (
    AUDIT_DIR,
    FLEET_KEY,
    JOB_CHANGES_DIR,
    JOB_FIRED_DIR,
    JOB_KILLER_DIR,
    JOB_LOCK_DIR,
    JOB_RUN_DIR,
    JOB_SAVE_DIR,
    JOB_TRIGGER_DIR,
    JOB_WORKER_DIR,
    RUN_LOOK_DIR,
    RUN_OUTPUT_DIR,
    WORKER_ALIVE_DIR,
    WORKER_DRAIN_DIR,
)

__all__ = [
    "FLEET_KEY",
    "RunName",
    "alive",
    "audit",
    "changes",
    "drain",
    "fired",
    "job",
    "killer",
    "lock",
    "look",
    "looks",
    "output",
    "outputs",
    "read_run_id",
    "run",
    "run_id",
    "split_run",
    "trigger",
    "unit",
    "worker",
]

_RUN = re.compile(r"(?:#([^@]+))?@(\d{1,16})(?:!([0-9A-Za-z]{1,32}))?(?:\+(\d{1,6}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunName:
    """What a run id says.

    `share` is "" but for a job on several hosts, `plan_time` epoch ms, `manual` the trigger's
    identity or "", `attempt` 0 for the first.
    """

    job: str
    share: str
    plan_time: int
    manual: str = ""
    attempt: int = 0

    @property
    def unit(self) -> str:
        """What was claimed by itself."""
        return unit(self.job, self.share)


def job(name: str) -> str:
    """Where a job's definition lies."""
    return JOB_SAVE_DIR + name


def changes(name: str) -> str:
    """Where it is told who changed a job of late, and how."""
    return JOB_CHANGES_DIR + name


def audit(at_ms: int, random: str) -> str:
    """Where an entry of the audit waits until the log store has it: the keys are in time order."""
    return f"{AUDIT_DIR}{at_ms:013d}-{random}"


def unit(name: str, share: str) -> str:
    """What is claimed by itself: a share of a job, or with "" the job."""
    return f"{name}#{share}" if share else name


def fired(unit: str) -> str:
    """Where a unit's watermark lies: the last due instant that was settled."""
    return JOB_FIRED_DIR + unit


def lock(unit: str) -> str:
    """What a run holds while it may not be overlapped by another of its unit."""
    return JOB_LOCK_DIR + unit


def killer(name: str) -> str:
    """Where a kill is asked for."""
    return JOB_KILLER_DIR + name


def trigger(name: str, identity: str) -> str:
    """Where it is asked to run a job now."""
    return f"{JOB_TRIGGER_DIR}{name}/{identity}"


def run(name: str, identity: str) -> str:
    """What is owed for one due instant of a job."""
    return f"{JOB_RUN_DIR}{name}/{identity}"


def alive(incarnation: str) -> str:
    """What stands for one life of a worker."""
    return WORKER_ALIVE_DIR + incarnation


def worker(identity: str) -> str:
    """A worker's registration; the identity is its IP, or `ip:instance`."""
    return JOB_WORKER_DIR + identity


def drain(identity: str) -> str:
    """Where a worker is told to take no runs."""
    return WORKER_DRAIN_DIR + identity


def looks(worker: str) -> str:
    """Under this it is said which of a worker's runs somebody looks at."""
    return f"{RUN_LOOK_DIR}{worker}/"


def look(worker: str, master: str, run_id: str) -> str:
    """Where a master says that somebody looks at a run on that worker."""
    return f"{looks(worker)}{master}/{run_id}"


def outputs(run_id: str) -> str:
    """Under this lies what a run prints while somebody looks."""
    return f"{RUN_OUTPUT_DIR}{run_id}/"


def output(run_id: str, start: int) -> str:
    """Where the part of it lies that begins with this byte."""
    return f"{outputs(run_id)}{start:016d}"


def run_id(unit: str, plan_ms: int, manual: str = "", attempt: int = 0) -> str:
    """The run id of a unit's due instant (epoch ms), or of a run that was asked for then."""
    asked = f"!{manual}" if manual else ""
    return f"{unit}@{plan_ms}{asked}" + (f"+{attempt}" if attempt else "")


def read_run_id(name: str, identity: str) -> RunName | None:
    """What a run id of the job says; None when it is none."""
    if not identity.startswith(name):
        return None
    found = _RUN.fullmatch(identity, len(name))
    if found is None:
        return None
    share, plan_ms, manual, attempt = found.groups()
    return RunName(name, share or "", int(plan_ms), manual or "", int(attempt or 0))


def split_run(key: str) -> tuple[str, str] | None:
    """The job's name and the run id that a key under /cron/runs/ names; None for a foreign one."""
    rest = key.removeprefix(JOB_RUN_DIR)
    end = rest.find("/")
    while end > 0:
        name, identity = rest[:end], rest[end + 1 :]
        if read_run_id(name, identity):
            return name, identity
        end = rest.find("/", end + 1)
    return None
