"""A job's row in the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.moving import Before
from common.owed import gap_between
from worker.choice import AHEAD_MS, Choice, Lateness, changes_at
from worker.claim import Claim
from worker.history import Version
from worker.placement import delay_ms
from worker.planned import Planned
from worker.presence import Standing
from worker.timetable import Moment, Timed


@dataclass(slots=True, eq=False)
class Row(Timed):
    """A job as it is planned; `fired` None until its watermark is known.

    `looked` is the watermark beyond which a look has just found nothing taken.
    `since` is the revision from which on it has been due as it is, as far as was seen; 0 where its
    watermark is known to be of that version.
    `waits_for` is "", or the reason why what is due cannot run now: no slot, or no worker.
    """

    job: Planned
    rank: int | None
    since: int
    fired: int | None = None
    looked: int | None = None
    claiming: bool = False
    horizon: int | None = None
    caught_up: int = 0
    waits_for: str = ""
    moment: Moment[Row] | None = None

    @property
    def delay_ms(self) -> int:
        """How long after an instant this worker looks at it, by its rank; it must have one."""
        assert self.rank is not None
        return delay_ms(self.rank, self.job.terms.start_deadline_seconds)

    def is_behind(self, now_ms: int) -> bool:
        """Whether something after the watermark, as far as it is known, is due to be claimed."""
        first = None if self.fired is None else self.job.schedule.next_after(self.fired)
        return first is not None and first - AHEAD_MS <= now_ms

    def lateness(self, now_ms: int) -> Lateness:
        """How late its instants may be run; what is caught up counts from an absence's end on.

        An absence lasts as long as the job cannot run, until something of it is caught up.
        """
        rules = Lateness.of(self.job.terms)
        if rules.catch_up == "skip" or self.fired is None:
            return rules
        oldest = now_ms - rules.deadline_ms
        lasts = bool(self.waits_for) and not self.caught_up
        if self.horizon is None or self.fired >= self.horizon or lasts:
            first = self.job.schedule.next_after(self.fired)
            behind = first is not None and first < oldest
            self.horizon, self.caught_up = (oldest if behind else None), 0
        return replace(rules, horizon=self.horizon, limit=max(0, rules.limit - self.caught_up))

    def version(self) -> Version:
        """What the job is, for whom it changes next."""
        job = Before(self.job.schedule, self.job.command, self.job.revision)
        return Version(self.since, job)

    def changes_at(self, choice: Choice, now_ms: int) -> int | None:
        """When a choice that cannot be run yet is another one, epoch ms; None: never."""
        fired, lateness = self.fired or 0, self.lateness(now_ms)
        return changes_at(self.job.schedule, fired, choice, now_ms, lateness)

    def passed_over(self, choice: Choice) -> Choice | None:
        """What only records the instants that a choice passes over, None when there are none."""
        if choice.gap is None or self.fired is None:
            return None
        last, reason = choice.gap.last, choice.gap.reason
        return Choice(last, gap_between(self.job.schedule, self.fired, last, reason), reason)

    def claim(self, choice: Choice, standing: Standing) -> Claim:
        """The claim of an instant, under this standing; the watermark must be known."""
        assert self.fired is not None
        job = self.job
        return Claim(
            name=job.name,
            job_revision=job.revision,
            command=job.command,
            fired=self.fired,
            plan_time=choice.plan_time,
            incarnation=standing.incarnation,
            lease=standing.lease,
            locks=job.terms.overlap != "allow",
            gap=choice.gap,
            caught_up=choice.caught_up,
            following=job.schedule.next_after(choice.plan_time) or 0,
        )
