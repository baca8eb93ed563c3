"""How a run's end becomes its record, and what stands under its key meanwhile."""

from __future__ import annotations

from dataclasses import replace

from common.owed import ENDED, Owed
from common.owed_record import gap_record
from common.protocol import JobExecuteInfo, JobExecuteResult
from common.record import LOST, NOT_STARTED, UNKNOWN, JobLog
from worker.claim import Claim
from worker.orders import Ended


def ended_owed(claim: Claim, ended: Ended) -> Owed:
    """The claim's key as it stands from a run's end until its record is stored."""
    started = ended.outcome != NOT_STARTED
    return claim.owed(
        ENDED,
        outcome=ended.outcome,
        reason=ended.reason,
        err=ended.err,
        start_time=ended.start_ms if started else None,
        end_time=ended.end_ms if started else None,
        exit_code=ended.exit_code,
        signal=ended.signal,
    )


def build_result(info: JobExecuteInfo, ended: Ended) -> JobExecuteResult:
    """The fixed interface's view of a run's end."""
    return JobExecuteResult(info, ended.output, ended.err, ended.start_ms, ended.end_ms)


def records(
    claim: Claim, result: JobExecuteResult, ended: Ended, worker: str
) -> tuple[JobLog, ...]:
    """The records of an ended run: that of the gap before it, if there is one, and its own."""
    own = _own(claim, result, ended, worker)
    if claim.gap is None:
        return (own,)
    gap = gap_record(claim.name, claim.run_id, claim.gap, claim.owed())
    return (replace(gap, worker=worker), own)


def _own(claim: Claim, result: JobExecuteResult, ended: Ended, worker: str) -> JobLog:
    info = result.info
    output, invalid = _text(result.output)
    started = ended.outcome != NOT_STARTED
    return JobLog(
        job_name=info.job.name,
        command=info.job.command,
        err=result.err,
        output=output,
        plan_time=info.plan_time,
        schedule_time=info.real_time,
        start_time=result.start_time if started else info.plan_time,
        end_time=result.end_time if started else info.plan_time,
        run_id=info.run_id,
        outcome=ended.outcome,
        worker=worker,
        attempt=claim.attempt,
        trigger=claim.trigger or "schedule",
        by=claim.by,
        exit_code=ended.exit_code,
        signal=ended.signal,
        job_revision=info.job_revision,
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


def not_started(run_id: str, now_ms: int, reason: str) -> Ended:
    """The end of a run that was claimed and is not started."""
    return _without_command(run_id, now_ms, NOT_STARTED, f"not started: {reason}", reason)


def lost(run_id: str, now_ms: int, reason: str, start_ms: int = 0) -> Ended:
    """The end of a run of which nobody can say how it ended; `start_ms` 0: nor when it began."""
    ended = _without_command(run_id, now_ms, LOST, f"lost: {reason}", reason)
    return replace(ended, start_ms=start_ms or now_ms)


def unknown(run_id: str, plan_ms: int, reason: str) -> Ended:
    """The end of a run of which nobody can say whether it was started; it lies at its instant."""
    return _without_command(run_id, plan_ms, UNKNOWN, f"unknown: {reason}", reason)


def _without_command(run_id: str, now_ms: int, outcome: str, err: str, reason: str) -> Ended:
    return Ended(
        run_id=run_id,
        outcome=outcome,
        exit_code=None,
        signal=None,
        start_ms=now_ms,
        end_ms=now_ms,
        output=b"",
        output_bytes=0,
        truncated=False,
        err=err,
        reason=reason,
        cpu_seconds=None,
    )
