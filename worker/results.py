"""How a run's end becomes its record, and what stands under its key meanwhile."""

from __future__ import annotations

from dataclasses import replace

from common.owed import ENDED, Gap, Owed
from common.owed_record import gap_record
from common.protocol import JobExecuteInfo, JobExecuteResult
from common.record import LOST, NOT_STARTED, REMARK, UNKNOWN, JobLog
from worker import told_record
from worker.claim import Claim
from worker.end_words import LOST_WITH_EXECUTOR, bare_end
from worker.orders import Ended, Over
from worker.told_record import said_of


def ended_owed(claim: Claim, ended: Ended | Over) -> Owed:
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
    return told_record.records(said_of(claim, result.info), ended, worker)


def gap_of(claim: Claim, gap: Gap, worker: str) -> JobLog:
    """The record of the gap before a run."""
    return replace(gap_record(claim.name, claim.run_id, gap, claim.owed()), worker=worker)


def not_started(run_id: str, now_ms: int, reason: str) -> Ended:
    """The end of a run that was claimed and is not started."""
    return bare_end(run_id, NOT_STARTED, now_ms, f"not started: {reason}", reason)


def lost(run_id: str, now_ms: int, reason: str, start_ms: int = 0) -> Ended:
    """The end of a run of which nobody can say how it ended; `start_ms` 0: nor when it began.

    Its executor is gone, which alone had what it printed.
    """
    ended = bare_end(run_id, LOST, now_ms, f"lost: {reason}", reason)
    said = REMARK.join((reason, LOST_WITH_EXECUTOR))
    return replace(ended, start_ms=start_ms or now_ms, reason=said)


def unknown(run_id: str, plan_ms: int, reason: str) -> Ended:
    """The end of a run of which nobody can say whether it was started; it lies at its instant."""
    return bare_end(run_id, UNKNOWN, plan_ms, f"unknown: {reason}", reason)
