"""How a claimed run becomes an order: what its executor must know, and until when it may start."""

from __future__ import annotations

from common.job import Job
from common.protocol import JobExecuteInfo
from worker.claim import Claim
from worker.journal_lines import Noted
from worker.orders import Order
from worker.standing import Standing


def noted_of(claim: Claim, job: Job, fence: int) -> Noted:
    """What the journal says of a run that is about to be given to an executor."""
    grace, keep = job.kill_grace_seconds, job.on_restart == "keep"
    return Noted(claim.run_id, claim.name, claim.incarnation, fence, grace, keep)


def order_of(
    claim: Claim,
    info: JobExecuteInfo,
    standing: Standing,
    boot: float,
    lost_after: float,
    context: str = "",
) -> Order:
    """The order; its times are of CLOCK_BOOTTIME, which was `boot` right after its `real_time`.

    So no start is early. `context` is what the executor gives back with the run to a later life.
    """
    job = info.job
    since = info.real_time if claim.counts_from_now else info.plan_time
    epoch = boot - info.real_time / 1000
    return Order(
        run_id=info.run_id,
        job=job,
        environment=_environment(claim, info),
        start_at=epoch + min(info.plan_time, since) / 1000,
        incarnation=standing.incarnation,
        not_after=standing.deadline,
        cut_off_seconds=_last_notice(job, lost_after),
        start_by=epoch + since / 1000 + job.start_deadline_seconds,
        context=context,
    )


def _last_notice(job: Job, lost_after: float) -> float | None:
    """How long before its lease's end a run gets TERM; None where it may outlive it."""
    if job.cut_off != "kill":
        return None
    return min(job.kill_grace_seconds, lost_after / 3)


def _environment(claim: Claim, info: JobExecuteInfo) -> dict[str, str]:
    return {
        "FLEETCRON_JOB": info.job.name,
        "FLEETCRON_RUN_ID": info.run_id,
        "FLEETCRON_PLAN_TIME": str(info.plan_time),
        "FLEETCRON_ATTEMPT": str(claim.attempt),
        "FLEETCRON_FENCE": str(info.fence),
    }
