"""What lets a waiting run run as its job is now, or calls it off."""

from __future__ import annotations

from dataclasses import replace

from common.owed import ENDED
from common.record import NOT_STARTED
from worker.asks import End
from worker.claim import Claim
from worker.finish import Finish
from worker.planned import Planned
from worker.resting import DELETED, why_resting
from worker.retrying import rerun_ms
from worker.standing import Standing

UNRUNNABLE = "the job cannot run"
NOBODY = "no worker that may run it was there"
UNKNOWN_REVISION = -1


def why_not(claim: Claim, planned: Planned, now_ms: int) -> str:
    """Why what waits is not to run as its job is now; "" where it may."""
    if planned.created > claim.job_revision:
        return DELETED
    return why_resting(claim, planned.terms, now_ms)


def turning(claim: Claim, planned: Planned | None, standing: Standing) -> Claim:
    """The claim of its turn; of a job that is not planned yet it can only be seen that it waits."""
    if planned is None:
        return replace(claim, job_revision=UNKNOWN_REVISION, lease=standing.lease)
    terms = planned.terms
    return replace(
        claim,
        job_revision=planned.revision,
        command=planned.command,
        lease=standing.lease,
        locks=terms.overlap != "allow",
        overlap=terms.overlap,
        waited=True,
        rerun_ms=rerun_ms(terms, claim.attempt),
    )


def calling_off(claim: Claim, revision: int, why: str) -> End:
    """End what waits under this revision of its key, and record it by that if it was ours still."""
    said = f"not started: {why}"
    owed = replace(claim.owed(), state=ENDED, outcome=NOT_STARTED, err=said, reason=why)
    return End(Finish.of(claim, revision, owed), unlock=False, files=True)
