"""What a job still owes when an edit ends its old schedule: the instants that nobody settled."""

from __future__ import annotations

from common import keys
from common.errors import InvalidField
from common.job import Job
from common.owed import ENDED, NOBODY, Owed, gap_between, pack
from common.record import MISSED
from common.schedule import Schedule, parse_schedule
from common.store import Put
from master.standing import Standing

COMMAND_CHARACTERS = 4096
"""So much of a command is kept in the key, as the workers keep it."""


def schedule_of(job: Job, fleet_zone: str) -> Schedule | None:
    """The schedule of a stored job, or None when it has none that can be read."""
    try:
        return parse_schedule(job.cron_expr, job.timezone or fleet_zone)
    except InvalidField:
        return None


def arrears(standing: Standing, fleet_zone: str, now_ms: int, reason: str) -> list[Put]:
    """The key to put for instants due after the watermark and not after `now_ms`; often none.

    It stands for the last of them as missed, the others being its gap; a worker records it.
    """
    job, fired = standing.job, standing.watermark
    schedule = schedule_of(job, fleet_zone) if job else None
    if job is None or schedule is None or standing.entry is None or fired is None:
        return []
    last = schedule.last_before(now_ms + 1, fired + 1)
    if last is None:
        return []
    owed = Owed(
        state=ENDED,
        incarnation=NOBODY,
        plan_time=last,
        attempt=0,
        job_revision=standing.entry.revision,
        outcome=MISSED,
        reason=reason,
        gap=gap_between(schedule, fired, last, reason),
        command=job.command[:COMMAND_CHARACTERS],
        err=reason,
    )
    return [Put(keys.run(job.name, keys.run_id(job.name, last)), pack(owed))]
