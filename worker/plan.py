"""The plan: every unit's row, the agenda over them, and the claims that are being made.

Owned by the scheduler's thread. A unit has at most one claim under way, so that its instants are
settled oldest first and what waits for the claimer is bounded by their number.
"""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock
from common.job import Job
from worker.agenda import RETRY_MS, Agenda
from worker.asks import Ask, Asks, Take
from worker.claim import Claim
from worker.events import Dropped, LockHeld, Passed, Skipped, Untaken, Won
from worker.jobs import Jobs
from worker.placement import Placement
from worker.planned import Planned
from worker.resting import why_resting
from worker.row import Row
from worker.rows import Rows
from worker.standing import Standing
from worker.triggers import Triggers
from worker.under_way import UnderWay
from worker.waits import Waits

MADE = 8192
"""Of so many jobs what their runs are given is kept."""


class Plan:
    """Decides what is claimed when; asks the claimer, and hears its answers.

    `jobs` are those that it plans, `triggers` what was asked to run now, `under_way` what the
    claimer has not answered yet.
    """

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[Ask], None],
        holds: Callable[[], Standing | None],
        placement: Placement,
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._placement = placement
        self._rows = Rows(placement)
        self._agenda = Agenda(self._rows, holds, placement)
        self.jobs = Jobs(clock, ask, self._rows, self._agenda, placement)
        self.triggers = Triggers(clock, self._rows, holds, placement)
        self.under_way = UnderWay()
        self._made: dict[str, tuple[Planned, Job]] = {}

    @property
    def crowded(self) -> int:
        """How many jobs wait in line for room."""
        return self._agenda.waiting

    @property
    def takes_none(self) -> bool:
        """Whether this worker is drained, and claims nothing that may become a run."""
        return self._placement.takes_none

    def __contains__(self, name: str) -> bool:
        """Whether the job is planned."""
        return name in self._rows

    def next_ms(self) -> int | None:
        """When `look` has something to do next, epoch ms."""
        moments = (self._agenda.next_ms(), self.triggers.next_ms())
        return min((at_ms for at_ms in moments if at_ms is not None), default=None)

    def look(self, now_ms: int, room: int) -> None:
        """Claim what is due, at most `room` runs; the rest waits in line, oldest first.

        What is only recorded, or only looked at, needs no room.
        """
        takes: list[Take] = []
        for asked in self.triggers.look(now_ms, room):
            self.under_way.begin(asked.claim, asked.job)
            takes.append(Take(asked.claim, asked.missed))
            room -= asked.runs
        for due in self._agenda.look(now_ms, room):
            due.row.claiming = True
            self.under_way.begin(due.claim, self._job(due.row.job) if due.runs else None)
            takes.append(Take(due.claim, due.missed, due.look))
        if takes:
            self._ask(Asks(tuple(takes)))

    def _job(self, planned: Planned) -> Job:
        """The job for a run; it is made once as long as not too many others are."""
        known = self._made.get(planned.name)
        if known is None or known[0] is not planned:
            if len(self._made) >= MADE:
                self._made.clear()
            known = self._made[planned.name] = (planned, planned.job())
        return known[1]

    def won(self, event: Won) -> Job | None:
        """The job to run as it was claimed; the next instant is armed."""
        job = self.under_way.end(event.claim)
        if row := self._settled(event.claim, event.claim.plan_time):
            row.caught_up += event.claim.caught_up
        return job

    def why_resting(self, claim: Claim) -> str:
        """Why its run is not to start, since the job is paused by now; "" where it may."""
        job = self.planned(claim.name)
        if job is None or not job.terms.paused:
            return ""
        return why_resting(claim, job.terms, self._clock.wall_ms())

    def skipped(self, event: Skipped) -> None:
        """The instant is settled without a run."""
        self.under_way.end(event.claim)
        self._settled(event.claim, event.claim.plan_time)

    def waits(self, event: Waits) -> None:
        """The instant is settled, and its run waits; what is asked for next is armed."""
        self.under_way.end(event.claim)
        self._settled(event.claim, event.claim.plan_time)

    def planned(self, name: str) -> Planned | None:
        """A job as it is now; None where it is not planned."""
        return self._rows.planned(name)

    def whose(self, claim: Claim, instead: bool) -> str | None:
        """Who is to go on with a run that waits here: as `Placement.whose` says."""
        job = self.planned(claim.name)
        return self._placement.whose(job, claim.share, instead) if job else ""

    def passed(self, event: Passed) -> None:
        """Another worker settled instants; or the watermark is gone, or went back as none does."""
        self.under_way.end(event.claim)
        stood = event.claim.fired
        fired = event.fired if (event.fired or 0) >= stood else None
        row = self._settled(event.claim, fired)
        if row and fired is None:
            self.jobs.adopt_anew(row, stood)

    def untaken(self, event: Untaken) -> None:
        """Who comes first did not take it: it is ours to claim, as soon as there is room."""
        if row := self._rows.get(event.claim.unit):
            row.looked = event.claim.fired
        self._again(event.claim, self._clock.wall_ms())

    def held(self, event: LockHeld) -> None:
        """The lock is held: at the instant it is decided; what is caught up waits for it."""
        pause_ms = RETRY_MS if event.claim.caught_up else 20
        self._again(event.claim, max(event.claim.plan_time, self._clock.wall_ms() + pause_ms))

    def dropped(self, event: Dropped) -> None:
        """The claim could not be made; if the job is still the same it is tried again soon."""
        self._again(event.claim, self._clock.wall_ms() + RETRY_MS)

    def _again(self, claim: Claim, at_ms: int) -> None:
        self.under_way.end(claim)
        if claim.asked:
            self.triggers.again(claim)
            return
        row = self._rows.get(claim.unit)
        if row:
            row.claiming = False
            self._agenda.again(row, at_ms)

    def _settled(self, claim: Claim, fired: int | None) -> Row | None:
        if claim.asked:
            self.triggers.settled(claim)
            return None
        row = self._rows.get(claim.unit)
        if row is None:
            return None
        row.claiming = False
        if row.job.revision == claim.job_revision:
            row.fired = fired
        self._agenda.arm(row)
        return row if row.job.revision == claim.job_revision else None
