"""Why a run of a job that is paused, or gone, is not to start."""

from __future__ import annotations

from common.job import Job
from worker.claim import Claim

DELETED = "the job was deleted"


def why_resting(claim: Claim, terms: Job, now_ms: int) -> str:
    """ "" where the run may start as its job is now; `terms` tell whether that is paused.

    What somebody asked for by hand starts all the same, but no retry of it. So does an instant that
    lies at or after the end of a pause, though it is claimed a little ahead; a retry's lies before.
    """
    rests_until = terms.rests_until
    by_hand = claim.manual and not claim.attempt
    if by_hand or rests_until <= max(claim.plan_time, now_ms):
        return ""
    return "the job was paused" + (f" by {terms.paused_by}" if terms.paused_by else "")
