"""The job that a whole document makes: an earlier revision, or a job of a backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from common.job import Job, job_from_document
from common.job_argv import with_command
from common.schedule import parse_schedule
from master.change_log import Asker
from master.draft import check_size, spread
from master.refusals import ChangedMeanwhile
from master.standing import Standing


@dataclass(frozen=True, slots=True)
class Whole:
    """A job's whole document, with fields of others, and `of` what it is ("revision 17").

    `zone` is that of a document which names none. With `pauses` its pause counts, else that of
    the job as it stands. `base` is the revision of the job that it may take the place of (0: there
    is none), None for any.
    """

    document: Mapping[str, Any]
    of: str
    zone: str
    pauses: bool
    base: int | None = None


def restored(whole: Whole, standing: Standing, asked: Asker) -> Job | None:
    """The job to store; None where it stands so already. InvalidField when it is none, and
    ChangedMeanwhile where it would take the place of another than it may.

    Unlike a save it may have had its last instant, and a pause that is over is left out.
    """
    document = whole.document
    job = job_from_document(with_command(document, document))
    job = spread(job, None, job.cron_expr_source is not None)
    before = standing.job
    job = _paused_as(job, job if whole.pauses or before is None else before, asked.at)
    job = replace(job, timezone=job.timezone or whole.zone)
    parse_schedule(job.cron_expr, job.timezone or whole.zone)
    check_size(job)
    if job == before:
        return None
    refuse_another(whole.base, standing)
    return job


def refuse_another(base: int | None, standing: Standing) -> None:
    """Return where a job stands at the revision `base`, None: at any; else ChangedMeanwhile."""
    if base not in (None, standing.revision):
        raise ChangedMeanwhile("it was changed meanwhile by somebody else")


def _paused_as(job: Job, other: Job, now_ms: int) -> Job:
    """The job with the other's pause, if that is not over."""
    if other.rests_until <= now_ms:
        return replace(job, paused=False, paused_until=None, pause_reason="", paused_by="")
    return replace(
        job,
        paused=True,
        paused_until=other.paused_until,
        pause_reason=other.pause_reason,
        paused_by=other.paused_by,
    )
