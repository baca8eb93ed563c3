"""The fixed interface: its records and functions, under the names that the Go system knows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.constants import (
    JOB_EVENT_DELETE,
    JOB_EVENT_KILL,
    JOB_EVENT_SAVE,
    JOB_KILLER_DIR,
    JOB_LOCK_DIR,
    JOB_SAVE_DIR,
    JOB_WORKER_DIR,
)
from common.errors import ERR_LOCK_ALREADY_REQUIRED, ERR_NO_LOCAL_IP_FOUND
from common.job import Job, pack_job, unpack_job
from common.log_store import JobLogFilter, LogBatch, SortLogByStartTime
from common.record import JobLog
from common.schedule import Schedule, parse_schedule

__all__ = [
    "ERR_LOCK_ALREADY_REQUIRED",
    "ERR_NO_LOCAL_IP_FOUND",
    "JOB_EVENT_DELETE",
    "JOB_EVENT_KILL",
    "JOB_EVENT_SAVE",
    "JOB_KILLER_DIR",
    "JOB_LOCK_DIR",
    "JOB_SAVE_DIR",
    "JOB_WORKER_DIR",
    "Job",
    "JobEvent",
    "JobExecuteInfo",
    "JobExecuteResult",
    "JobLog",
    "JobLogFilter",
    "JobSchedulePlan",
    "LogBatch",
    "Response",
    "SortLogByStartTime",
    "build_job_event",
    "build_job_execute_info",
    "build_job_schedule_plan",
    "build_response",
    "extract_job_name",
    "extract_killer_name",
    "extract_worker_ip",
    "pack_job",
    "unpack_job",
]


@dataclass(frozen=True, slots=True)
class JobEvent:
    """A save, delete or kill seen on the watch; `revision` is the store's of that change."""

    event_type: int
    job: Job
    revision: int = 0


@dataclass(frozen=True, slots=True)
class JobSchedulePlan:
    """A job's place in the timetable; `next_time` is epoch ms, None when it is never due again."""

    job: Job
    schedule: Schedule
    next_time: int | None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class JobExecuteInfo:
    """A run that has been handed out. Times are epoch ms.

    `cancel(reason)` ends the run; it stays with the scheduler and never goes to an executor.
    `fence` is the revision of the run's claim.
    """

    job: Job
    plan_time: int
    real_time: int
    cancel: Callable[[str], None]
    run_id: str = ""
    fence: int = 0
    job_revision: int = 0


@dataclass(frozen=True, slots=True)
class JobExecuteResult:
    """How a run ended: its output (bytes), "" or an error's sentence, times in epoch ms."""

    info: JobExecuteInfo
    output: bytes
    err: str
    start_time: int
    end_time: int


@dataclass(frozen=True, slots=True)
class Response:
    """The body of every HTTP answer: 0 and "success", or -1 and the reason."""

    errno: int
    msg: str
    data: Any


def build_response(errno: int, msg: str, data: Any) -> bytes:
    """The JSON of a Response."""
    return json.dumps({"errno": errno, "msg": msg, "data": data}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def extract_job_name(key: str) -> str:
    """The rest of a key under /cron/jobs/, verbatim."""
    return key.removeprefix(JOB_SAVE_DIR)


def extract_killer_name(key: str) -> str:
    """The rest of a key under /cron/killer/, verbatim."""
    return key.removeprefix(JOB_KILLER_DIR)


def extract_worker_ip(key: str) -> str:
    """The rest of a key under /cron/workers/, verbatim."""
    return key.removeprefix(JOB_WORKER_DIR)


def build_job_event(event_type: int, job: Job, revision: int = 0) -> JobEvent:
    """An event of the watch."""
    return JobEvent(event_type, job, revision)


def build_job_schedule_plan(
    job: Job, fleet_zone: str = "UTC", after_ms: int | None = None, revision: int = 0
) -> JobSchedulePlan:
    """The plan of a job from `after_ms` on (now, if None); InvalidField on a bad expression."""
    schedule = parse_schedule(job.cron_expr, job.timezone or fleet_zone)
    after = int(time.time() * 1000) if after_ms is None else after_ms
    return JobSchedulePlan(job, schedule, schedule.next_after(after), revision)


def build_job_execute_info(
    plan: JobSchedulePlan, cancel: Callable[[str], None], now_ms: int | None = None
) -> JobExecuteInfo:
    """What is handed out for a plan's next due instant."""
    now = int(time.time() * 1000) if now_ms is None else now_ms
    return JobExecuteInfo(plan.job, plan.next_time or now, now, cancel, job_revision=plan.revision)
