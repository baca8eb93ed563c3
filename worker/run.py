"""A run that is out, and what its end asks for."""

from __future__ import annotations

from dataclasses import dataclass

from common.protocol import JobExecuteInfo
from worker.asks import End
from worker.claim import Claim
from worker.finish import Finish
from worker.orders import Ended
from worker.precedence import QUEUES
from worker.results import ended_owed
from worker.retrying import retry_of


@dataclass(slots=True)
class Run:
    """What it was claimed as, and whether its command was started.

    `created` is the revision that created its key; for one that waited it is below its fence.
    """

    info: JobExecuteInfo
    claim: Claim
    created: int
    started: bool = False

    def end(self, ended: Ended, killed: bool) -> End:
        """What writes its end; no further attempt follows where a kill means it."""
        claim, info = self.claim, self.info
        retry = None if killed else retry_of(claim, info.job, ended.outcome)
        # Who waits for the lock may be anywhere.
        following = 0 if claim.overlap in QUEUES else claim.following
        finish = Finish.of(claim, info.fence, ended_owed(claim, ended), retry)
        return End(finish, claim.locks, following)
