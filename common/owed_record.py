"""The records that a run's key alone can give: of its instant, and of the gap before it."""

from __future__ import annotations

from dataclasses import replace

from common import keys
from common.owed import Gap, Owed
from common.record import MISSED, OUTPUT_LOST, REMARK, JobLog, sentence


def owed_records(name: str, run_id: str, owed: Owed) -> list[JobLog]:
    """The records of an ended run without its output: the gap's first, then its own.

    Where its command has ended, the reason says that what it printed was lost. They are the same
    however often they are made, so that writing them again is harmless.
    """
    gap = [gap_record(name, run_id, owed.gap, owed)] if owed.gap else []
    own = own_record(name, run_id, owed)
    if owed.exit_code is not None or owed.signal is not None:
        lost = f"{OUTPUT_LOST}what its worker kept on disk"
        own = replace(own, reason=REMARK.join(filter(None, (owed.reason, lost))))
    return [*gap, own]


def own_record(name: str, run_id: str, owed: Owed) -> JobLog:
    """The record of the run itself; without a start it lies at its plan time."""
    start = owed.plan_time if owed.start_time is None else owed.start_time
    end = start if owed.end_time is None else owed.end_time
    return JobLog(
        job_name=name,
        command=owed.command,
        err=owed.err,
        output="",
        plan_time=owed.plan_time,
        schedule_time=start,
        start_time=start,
        end_time=end,
        run_id=run_id,
        outcome=owed.outcome,
        attempt=owed.attempt,
        trigger=owed.trigger or "schedule",
        exit_code=owed.exit_code,
        signal=owed.signal,
        job_revision=owed.job_revision,
        reason=owed.reason,
        lost=owed.lost,
        by=owed.by,
    )


def gap_record(name: str, run_id: str, gap: Gap, owed: Owed) -> JobLog:
    """One missed record for all instants of the gap before a run; it lies at the last of them.

    Each share of a job has its own.
    """
    said = keys.read_run_id(name, run_id)
    return JobLog(
        job_name=name,
        command=owed.command,
        err=sentence(gap.reason),
        output="",
        plan_time=gap.last,
        schedule_time=gap.last,
        start_time=gap.last,
        end_time=gap.last,
        run_id=f"{said.unit if said else name}@{gap.first}~{gap.last}",
        outcome=MISSED,
        trigger="schedule",
        job_revision=owed.job_revision,
        reason=gap.reason,
        gap_from=gap.first,
        gap_to=gap.last,
        gap_count=gap.count,
    )
