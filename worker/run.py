"""A run that is out, and what its end asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.protocol import JobExecuteInfo
from worker.asks import End
from worker.baggage import Baggage
from worker.claim import Claim
from worker.filing import Filing
from worker.finish import Finish
from worker.orders import Ended, Over
from worker.precedence import QUEUES
from worker.results import build_result, ended_owed, gap_of, records
from worker.retrying import retry_of


@dataclass(slots=True)
class Run:
    """What it was claimed as, and when its command was started.

    `start_ms` is epoch ms, 0 for not yet. `created` is the revision that created its key; for one
    that waited it is below its fence.
    """

    info: JobExecuteInfo
    claim: Claim
    created: int
    start_ms: int = 0

    @classmethod
    def of(cls, baggage: Baggage, cancel: Callable[[str], None], start_ms: int = 0) -> Run:
        """The run of which that was or is to be handed out; `cancel` ends it, for a reason."""
        claim = baggage.claim
        info = JobExecuteInfo(
            job=baggage.job,
            plan_time=claim.plan_time,
            real_time=baggage.real_time,
            cancel=cancel,
            run_id=claim.run_id,
            fence=baggage.fence,
            job_revision=claim.job_revision,
        )
        return cls(info, claim, baggage.created, start_ms)

    @property
    def started(self) -> bool:
        """Whether its command was started."""
        return self.start_ms > 0

    @property
    def is_kept(self) -> bool:
        """Whether it goes on where its worker is restarted."""
        return self.info.job.on_restart == "keep"

    def filing(self, ended: Ended | Over, worker: str, told: bool) -> Filing | None:
        """What is to be filed of its end; `told` as for `end`.

        What was told in short is recorded as it lies in the spool. But the record of the gap before
        it is filed all the same, for whoever is told of failures to hear of it.
        """
        claim = self.claim
        if isinstance(ended, Ended):
            filed = records(claim, build_result(self.info, ended), ended, worker)
            return Filing(filed, claim.run_key, ended.run_id if told else "")
        return Filing((gap_of(claim, claim.gap, worker),), "") if claim.gap else None

    def end(self, ended: Ended | Over, killed: bool, told: bool) -> End:
        """What writes its end; no further attempt follows where a kill means it.

        `told`: an executor told it, and keeps it until it is recorded; told in short it is durable.
        """
        claim, info = self.claim, self.info
        retry = None if killed else retry_of(claim, info.job, ended.outcome)
        # Who waits for the lock may be anywhere.
        following = 0 if claim.overlap in QUEUES else claim.following
        finish = Finish.of(claim, info.fence, ended_owed(claim, ended), retry)
        return End(finish, claim.locks, following, told=told, durable=isinstance(ended, Over))
