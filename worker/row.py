"""A job's row in the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.moving import Before
from common.protocol import JobSchedulePlan
from worker.choice import Choice, Lateness
from worker.claim import Claim
from worker.presence import Standing


@dataclass(slots=True)
class Row:
    """A job as it is planned; `fired` None until its watermark is known."""

    plan: JobSchedulePlan
    slot: int
    rank: int | None
    created: int
    fired: int | None = None
    claiming: bool = False
    horizon: int | None = None
    caught_up: int = 0

    def lateness(self, now_ms: int) -> Lateness:
        """How late its instants may be run; what is caught up counts from an absence's end on."""
        rules = Lateness.of(self.plan.job)
        if rules.catch_up == "skip" or self.fired is None:
            return rules
        oldest = now_ms - rules.deadline_ms
        if self.horizon is None or self.fired >= self.horizon:
            first = self.plan.schedule.next_after(self.fired)
            behind = first is not None and first < oldest
            self.horizon, self.caught_up = (oldest if behind else None), 0
        return replace(rules, horizon=self.horizon, limit=max(0, rules.limit - self.caught_up))

    def before(self) -> Before:
        """What the job is, for whom it changes next."""
        return Before(self.plan.schedule, self.plan.job.command, self.plan.revision)

    def claim(self, fired: int, choice: Choice, standing: Standing) -> Claim:
        """The claim of an instant after the watermark `fired`, under this standing."""
        job = self.plan.job
        return Claim(
            name=job.name,
            job_revision=self.plan.revision,
            command=job.command,
            fired=fired,
            plan_time=choice.plan_time,
            incarnation=standing.incarnation,
            lease=standing.lease,
            locks=job.overlap != "allow",
            gap=choice.gap,
            caught_up=choice.caught_up,
            following=self.plan.schedule.next_after(choice.plan_time) or 0,
        )
