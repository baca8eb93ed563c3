"""What a save makes of a job's pause: whose it is, and whether it can be meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from common.errors import InvalidField
from common.job import Job
from master.change_log import Asker

_FIELDS = ("pausedUntil", "pauseReason")


def settled_pause(job: Job, before: Job | None, given: Mapping[str, Any], asked: Asker) -> Job:
    """The job with its pause as it is to be stored; InvalidField when that makes no sense.

    A job that is not paused keeps neither end nor reason. `pausedBy` is who asked for the pause,
    whatever a save says; it stays as long as end and reason do.
    """
    if not job.paused:
        _refuse_alone(given)
        return replace(job, paused_until=None, pause_reason="", paused_by="")
    if before and before.paused and before.rests_until <= asked.at and given.get("paused"):
        job = _anew(job, given)
    if before and _said(before) == _said(job):
        return replace(job, paused_by=before.paused_by)
    if job.rests_until <= asked.at and (before is None or before.rests_until != job.rests_until):
        raise InvalidField("pausedUntil", f"{_told(job.rests_until)} is not in the future")
    return replace(job, paused_by=asked.by)


def _refuse_alone(given: Mapping[str, Any]) -> None:
    for name in _FIELDS:
        if given.get(name):
            raise InvalidField(name, "is that of a pause, and the job is not paused (paused: true)")


def _anew(job: Job, given: Mapping[str, Any]) -> Job:
    """A pause that is over is no part of one that is asked for now."""
    until = job.paused_until if "pausedUntil" in given else None
    reason = job.pause_reason if "pauseReason" in given else ""
    return replace(job, paused_until=until, pause_reason=reason)


def _said(job: Job) -> tuple[bool, int | None, str]:
    return job.paused, job.paused_until, job.pause_reason


def _told(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
