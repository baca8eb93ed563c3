"""Whether a run that ended is tried again, as which further attempt, and after how long.

A command that failed is, as often as the job's `retries` say; one whose worker was lost where the
job has `rerunLost`. What was killed, or never started, is not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from common import keys
from common.job import Job
from common.owed import WAITING, Owed
from common.record import COULD_NOT_START, FAILED, LOST, OOM, TIMEOUT, UNKNOWN
from worker.claim import RETRY, Claim

FAILURES = (FAILED, TIMEOUT, OOM, COULD_NOT_START)
UNCERTAIN = (LOST, UNKNOWN)
RERUNS = 3
"""A run that is lost again and again is run so often at least, whatever `retries` say."""


@dataclass(frozen=True, slots=True)
class Retry:
    """A further attempt: its run id, and what stands under its key while it waits."""

    name: str
    run_id: str
    owed: Owed

    @property
    def run_key(self) -> str:
        """Where its key lies."""
        return keys.run(self.name, self.run_id)


def delay_ms(job: Job, attempt: int) -> int:
    """How long before this attempt (1 is the first retry) the job waits, with its jitter."""
    try:
        seconds = job.retry_delay_seconds * job.retry_backoff ** (attempt - 1)
    except OverflowError:
        seconds = job.retry_max_delay_seconds
    seconds = min(seconds, job.retry_max_delay_seconds)
    return round(1000 * (seconds + random.uniform(0, job.retry_jitter_seconds)))


def rerun_ms(job: Job, attempt: int) -> int | None:
    """After how long this attempt is run again if it is lost; None: it is not."""
    if not job.rerun_lost or attempt >= max(job.retries, RERUNS):
        return None
    return delay_ms(job, attempt + 1)


def retry_of(claim: Claim, job: Job, outcome: str) -> Retry | None:
    """The attempt that follows this end of a claimed run; None where none does."""
    if outcome in FAILURES and claim.attempt < job.retries:
        delay = delay_ms(job, claim.attempt + 1)
        return _next(claim.name, claim.run_id, claim.owed(), delay, f" of {job.retries}")
    if outcome in UNCERTAIN:
        return rerun_of(claim.name, claim.run_id, claim.owed())
    return None


def rerun_of(name: str, run_id: str, owed: Owed) -> Retry | None:
    """The attempt that follows a run which was lost, by its key alone; None where none does."""
    return None if owed.rerun_ms is None else _next(name, run_id, owed, owed.rerun_ms)


def _next(name: str, run_id: str, owed: Owed, delay: int, of: str = "") -> Retry | None:
    said = keys.read_run_id(name, run_id)
    if said is None:
        return None
    attempt = said.attempt + 1
    again = replace(
        owed,
        state=WAITING,
        attempt=attempt,
        gap=None,
        trigger=RETRY,
        delay_ms=delay,
        rerun_ms=None,
        reason=f"retry {attempt}{of} after {run_id}, in {delay / 1000:g} s",
    )
    return Retry(name, keys.run_id(said.unit, said.plan_time, said.manual, attempt), again)
