"""The records of an ended run: from its claim or, of an end in the spool, from what it carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from common import keys
from common.owed import COMMAND_CHARACTERS, RUNNING, Gap, Owed
from common.owed_record import gap_record
from common.protocol import JobExecuteInfo
from common.record import NOT_STARTED, JobLog
from worker.claim import CATCH_UP, MANUAL, RETRY, Claim
from worker.orders import Ended
from worker.spooled import Spooled, end_in


class Said(NamedTuple):
    """What a run's records say of it beside its end. Times are epoch ms.

    `trigger` is "" where the schedule asked for it, `real_time` when it was handed out. `claimed`
    is its command as it was claimed.
    """

    name: str
    run_id: str
    command: str
    plan_time: int
    real_time: int
    job_revision: int
    attempt: int
    trigger: str
    by: str
    claimed: str
    gap: Gap | None


def said_of(claim: Claim, info: JobExecuteInfo) -> Said:
    """What a run's claim says, and how it was handed out."""
    return Said(
        info.job.name, info.run_id, info.job.command, info.plan_time, info.real_time,
        info.job_revision, claim.attempt, claim.trigger, claim.by,
        claim.command, claim.gap,
    )  # fmt: skip


def said_in(context: str, run_id: str) -> Said:
    """What a run's baggage says, read as far as that; ValueError where it is none."""
    try:
        said = json.loads(context)
        claim, job = said["claim"], said["job"]
        gap, command = claim.get("gap"), job.get("command", "")
        return Said(
            claim["name"], run_id, command, claim["plan_time"], said["realTime"],
            claim["job_revision"], claim.get("attempt", 0), _trigger(claim), claim.get("by", ""),
            claim.get("command", command), Gap(**gap) if gap else None,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"no run's baggage: {error!r:.200}") from error


def _trigger(claim: Mapping[str, Any]) -> str:
    """As `Claim.trigger`."""
    if claim.get("attempt"):
        return RETRY
    if claim.get("manual"):
        return MANUAL
    return CATCH_UP if claim.get("caught_up") else ""


def records_in(spooled: Spooled, worker: str) -> tuple[str, tuple[JobLog, ...]]:
    """The run key of an end in the spool, and its records; ValueError where it is nobody's."""
    try:
        ended = end_in(spooled)
        said = said_in(spooled.context, ended.run_id)
        times = (said.plan_time, said.real_time, ended.start_ms, ended.end_ms)
        named = isinstance(said.name, str) and isinstance(said.run_id, str)
        if not named or not all(isinstance(time, int) for time in times):
            raise ValueError(f"no name and times of a run: {said!r:.200}")
        return keys.run(said.name, said.run_id), records(said, ended, worker)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"no end of a run of ours: {error}") from error


def records(said: Said, ended: Ended, worker: str) -> tuple[JobLog, ...]:
    """The records of an ended run: that of the gap before it, if there is one, and its own."""
    own = _own(said, ended, worker)
    if said.gap is None:
        return (own,)
    command = said.claimed[:COMMAND_CHARACTERS]
    owed = Owed(RUNNING, "", said.plan_time, said.attempt, said.job_revision, command=command)
    return (replace(gap_record(said.name, said.run_id, said.gap, owed), worker=worker), own)


def _own(said: Said, ended: Ended, worker: str) -> JobLog:
    output, invalid = _text(ended.output)
    started = ended.outcome != NOT_STARTED
    return JobLog(
        job_name=said.name,
        command=said.command,
        err=ended.err,
        output=output,
        plan_time=said.plan_time,
        schedule_time=said.real_time,
        start_time=ended.start_ms if started else said.plan_time,
        end_time=ended.end_ms if started else said.plan_time,
        run_id=said.run_id,
        outcome=ended.outcome,
        worker=worker,
        attempt=said.attempt,
        trigger=said.trigger or "schedule",
        by=said.by,
        exit_code=ended.exit_code,
        signal=ended.signal,
        job_revision=said.job_revision,
        output_bytes=ended.output_bytes,
        truncated=ended.truncated,
        invalid_bytes=invalid,
        cpu_seconds=ended.cpu_seconds,
        peak_memory_bytes=ended.peak_memory_bytes,
        read_bytes=ended.read_bytes,
        written_bytes=ended.written_bytes,
        reason=ended.reason,
        line_times=ended.line_times,
    )


def _text(output: bytes) -> tuple[str, int]:
    """The output as text, and how many bytes of it were replaced because they are not UTF-8."""
    try:
        return output.decode("utf-8"), 0
    except UnicodeDecodeError:
        valid = output.decode("utf-8", "ignore").encode("utf-8")
        return output.decode("utf-8", "replace"), len(output) - len(valid)
