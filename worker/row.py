"""A unit's row in the plan: a job's, or that of one of its shares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from common.moving import Before, due_since
from common.owed import gap_between
from common.record import code_of
from worker.choice import AHEAD_MS, Choice, Lateness, changes_at, next_after
from worker.claim import Claim
from worker.history import Version
from worker.placement import delay_ms
from worker.planned import Planned
from worker.retrying import rerun_ms
from worker.shares import Ranking
from worker.standing import Standing
from worker.timetable import Moment, Timed

ASKED, DONE = "asked", "done"


@dataclass(slots=True, eq=False)
class Row(Timed):
    """A unit as it is planned; `fired` None until its watermark is known.

    `looked` is the watermark beyond which a look has just found nothing taken.
    `since` is the revision from which on it has been due as it is, as far as was seen; 0 where its
    watermark is known to be of that version.
    `waits_for` is "", or the reason why what is due cannot run now: no slot, or no worker.
    `hindrance` is "", or why nobody runs this share. `rest` says of a unit that is this worker's
    alone, and that it may not run, whether its watermark was `asked` to rest, or is `done`.
    """

    job: Planned
    rank: int | None
    since: int
    share: str = ""
    hindrance: str = ""
    rest: str = ""
    fired: int | None = None
    looked: int | None = None
    claiming: bool = False
    horizon: int | None = None
    caught_up: int = 0
    waits_for: str = ""
    moment: Moment[Row] | None = None

    @property
    def unit(self) -> str:
        """What is claimed by itself."""
        return keys.unit(self.job.name, self.share) if self.share else self.job.name

    @property
    def is_mine(self) -> bool:
        """Whether its watermark is for this worker to care for; its own share's always is."""
        return self.rank is not None or self.job.terms.hosts == "all"

    def rank_as(self, ranking: Ranking) -> None:
        """Have this worker's rank now."""
        self.rank, self.hindrance = ranking.rank, ranking.hindrance

    @property
    def delay_ms(self) -> int:
        """How long after an instant this worker looks at it, by its rank; it must have one."""
        assert self.rank is not None
        return delay_ms(self.rank, self.job.terms.start_deadline_seconds)

    @property
    def since_ms(self) -> int | None:
        """After which instant it is due: its watermark, or the end of its pause; None: unknown."""
        fired, terms = self.fired, self.job.terms
        # Asked of very many jobs, few of which are paused.
        return due_since(fired, terms.rests_until) if terms.paused and fired is not None else fired

    def is_behind(self, now_ms: int) -> bool:
        """Whether something after the watermark, as far as it is known, is due to be claimed."""
        since = self.since_ms
        first = None if since is None else self.job.schedule.next_after(since)
        return first is not None and first - AHEAD_MS <= now_ms

    def lateness(self, now_ms: int) -> Lateness:
        """How late its instants may be run; what is caught up counts from an absence's end on.

        An absence lasts as long as the job cannot run, until something of it is caught up.
        """
        rules, since = Lateness.of(self.job.terms), self.since_ms
        if rules.catch_up == "skip" or since is None:
            return rules
        oldest = now_ms - rules.deadline_ms
        lasts = bool(self.waits_for) and not self.caught_up
        if self.horizon is None or since >= self.horizon or lasts:
            first = self.job.schedule.next_after(since)
            behind = first is not None and first < oldest
            self.horizon, self.caught_up = (oldest if behind else None), 0
        return replace(rules, horizon=self.horizon, limit=max(0, rules.limit - self.caught_up))

    def version(self) -> Version:
        """What the job is, for whom it changes next."""
        job = self.job
        rests_until = job.terms.rests_until
        return Version(self.since, Before(job.schedule, job.command, job.revision, rests_until))

    def changes_at(self, choice: Choice, now_ms: int) -> int | None:
        """When a choice that cannot be run yet is another one, epoch ms; None: never."""
        since, lateness = self.since_ms or 0, self.lateness(now_ms)
        return changes_at(self.job.schedule, since, choice, now_ms, lateness)

    def passed_over(self, choice: Choice) -> Choice | None:
        """What only records the instants that a choice passes over, None when there are none."""
        since = self.since_ms
        if choice.gap is None or since is None:
            return None
        last, reason = choice.gap.last, choice.gap.reason
        gap = gap_between(self.job.schedule, since, last, reason)
        more = code_of(self.waits_for) == reason
        return Choice(last, gap, self.waits_for if more else reason)

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
            following=next_after(job.schedule, choice.plan_time) or 0,
            share=self.share,
            overlap=job.terms.overlap,
            rerun_ms=rerun_ms(job.terms, 0),
        )
