"""A job's row in the plan."""

from __future__ import annotations

from dataclasses import dataclass

from common.moving import Before
from common.protocol import JobSchedulePlan


@dataclass(slots=True)
class Row:
    """A job as it is planned; `fired` None until its watermark is known."""

    plan: JobSchedulePlan
    slot: int
    rank: int | None
    created: int
    fired: int | None = None
    claiming: bool = False

    def before(self) -> Before:
        """What the job is, for whom it changes next."""
        return Before(self.plan.schedule, self.plan.job.command, self.plan.revision)
