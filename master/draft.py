"""The job that a save would store: merged with what was there, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from common.errors import InvalidField
from common.job import MAX_JOB_BYTES, Job, job_to_document, merge, pack_job
from common.schedule import expand_hash, parse_schedule, require_future
from master.change_log import Asker
from master.pauses import settled_pause


def draft(before: Job | None, given: Mapping[str, Any], fleet_zone: str, asked: Asker) -> Job:
    """The job to store; InvalidField, in a sentence that names the field, when it is refused.

    `H` in the expression is expanded and kept as `cron_expr_source`; a job without a zone gets
    the fleet's.
    """
    job = merge(job_to_document(before) if before else None, given)
    job = spread(job, before, given.get("cronExprSource") is not None)
    job = settled_pause(job, before, given, asked)
    job = replace(job, timezone=job.timezone or fleet_zone)
    require_future(parse_schedule(job.cron_expr, job.timezone or fleet_zone), asked.at)
    check_size(job)
    return job


def check_size(job: Job) -> None:
    """Return where the job is not too large to be stored; else InvalidField."""
    size = len(pack_job(job))
    if size > MAX_JOB_BYTES:
        raise InvalidField("job", f"{size} bytes are more than the {MAX_JOB_BYTES} allowed")


def spread(job: Job, before: Job | None, source_given: bool) -> Job:
    """Expand `H`. The source stays with the expression that it was expanded to, and only there."""
    expanded = expand_hash(job.cron_expr, job.name)
    if source_given:
        _check_source(job, expanded)
        source = job.cron_expr_source
    elif expanded != job.cron_expr:
        source = job.cron_expr
    else:
        source = job.cron_expr_source if before and expanded == before.cron_expr else None
    return replace(job, cron_expr=expanded, cron_expr_source=source if source != expanded else None)


def _check_source(job: Job, expanded: str) -> None:
    meant = expand_hash(job.cron_expr_source or "", job.name)
    if meant != expanded:
        raise InvalidField(
            "cronExprSource",
            f"stands for {meant!r} in this job, but cronExpr is {job.cron_expr!r};"
            " leave it out to set a new expression",
        )
