"""The plan: every job's row, the timetable over them, and the claims that are being made.

Owned by the scheduler's thread. A job has at most one claim under way, so that its instants are
settled oldest first and what waits for the claimer is bounded by the number of jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.clock import Clock
from common.job import Job
from common.moving import Before
from common.protocol import JobSchedulePlan
from worker.asks import Adopt, Ask, Retire, Take
from worker.choice import choose
from worker.claim import Claim
from worker.events import (
    Adopted,
    Dropped,
    Held,
    JobGone,
    JobSaved,
    Passed,
    Skipped,
    Won,
    WorkersSeen,
)
from worker.line import Line
from worker.placement import DELAYS_MS, Placement
from worker.presence import Standing
from worker.row import Row
from worker.rows import Rows
from worker.timetable import Timetable

log = logging.getLogger(__name__)

RETRY_MS = 1000


class Plan:
    """Decides what is claimed when; asks the claimer, and hears its answers."""

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[Ask], None],
        holds: Callable[[], Standing | None],
        placement: Placement,
    ) -> None:
        self._clock = clock
        self._placement = placement
        self._ask = ask
        self._holds = holds
        self._rows = Rows(placement)
        self._malformed: dict[str, Before] = {}
        self._timetable = Timetable()
        self._line = Line()
        self._claimed: dict[str, Job] = {}

    @property
    def claiming(self) -> int:
        """How many claims are not answered yet."""
        return len(self._claimed)

    @property
    def crowded(self) -> int:
        """How many jobs wait in line for room."""
        return len(self._line)

    def __contains__(self, name: str) -> bool:
        """Whether the job is planned."""
        return name in self._rows

    def knows(self, run_id: str) -> bool:
        """Whether a claim of this run is being made."""
        return run_id in self._claimed

    def next_ms(self) -> int | None:
        """When `look` has something to do next, epoch ms."""
        return self._timetable.next_ms()

    def look(self, now_ms: int, room: int) -> None:
        """Claim what is due, at most `room` runs; the rest waits in line, oldest first.

        What is only recorded needs no room.
        """
        while room > 0 and self._line:
            room -= self._claim(self._line.take(), now_ms, room)
        while (name := self._timetable.pop_due(now_ms)) is not None:
            room -= self._claim(name, now_ms, room)

    def saved(self, event: JobSaved) -> None:
        """Plan a job as it now is, from its watermark on."""
        job, revision = event.event.job, event.event.revision
        row = self._rows.get(job.name)
        if row and row.plan.revision == revision:
            return
        plan = JobSchedulePlan(job, event.schedule, None, revision)
        before = self._malformed.pop(job.name, None)
        if row and row.plan.schedule != plan.schedule:
            before = row.before()
        if row is None:
            row = self._rows.place(plan, event.created)
        else:
            row.plan, row.fired, row.created = plan, None, event.created
            self._timetable.remove(job.name)
        if row.rank is not None:
            self._ask(Adopt(job.name, revision, before, event.created))

    def ranked(self, event: WorkersSeen) -> None:
        """Other workers are there: jobs that are ours now are armed, others sleep."""
        for row in self._rows.ranked(self._placement.seen(event.members)):
            self._rank(row)

    def gone(self, event: JobGone) -> bool:
        """Plan a job no more; whether it was planned."""
        row = self._rows.remove(event.name)
        self._timetable.remove(event.name)
        before = row.before() if row else self._malformed.pop(event.name, None)
        if event.deleted:
            if row is None or row.rank is not None:
                self._ask(Retire(event.name, event.revision, before))
        elif before:
            self._malformed[event.name] = before
        return row is not None

    def adopted(self, event: Adopted) -> None:
        """Arm the jobs whose watermarks are known now."""
        for name, (revision, fired) in event.watermarks.items():
            row = self._rows.get(name)
            if row and row.plan.revision == revision and row.rank is not None:
                row.fired = fired
                self._arm(row)

    def won(self, event: Won) -> Job | None:
        """The job to run as it was claimed; the next instant is armed."""
        job = self._claimed.pop(event.claim.run_id, None)
        if row := self._settled(event.claim, event.claim.plan_time):
            row.caught_up += event.claim.caught_up
        return job

    def skipped(self, event: Skipped) -> None:
        """The instant is settled without a run."""
        self._claimed.pop(event.claim.run_id, None)
        self._settled(event.claim, event.claim.plan_time)

    def passed(self, event: Passed) -> None:
        """Another worker settled instants, or the watermark is gone and is made anew."""
        self._claimed.pop(event.claim.run_id, None)
        row = self._settled(event.claim, event.fired)
        if row and event.fired is None:
            self._ask(Adopt(event.claim.name, event.claim.job_revision))

    def held(self, event: Held) -> None:
        """The lock is held: at the instant it is decided; what is caught up waits for it."""
        pause_ms = RETRY_MS if event.claim.caught_up else 20
        self._again(event.claim, max(event.claim.plan_time, self._clock.wall_ms() + pause_ms))

    def dropped(self, event: Dropped) -> None:
        """The claim could not be made; if the job is still the same it is tried again soon."""
        self._again(event.claim, self._clock.wall_ms() + RETRY_MS)

    def _again(self, claim: Claim, at_ms: int) -> None:
        self._claimed.pop(claim.run_id, None)
        row = self._rows.get(claim.name)
        if row:
            row.claiming = False
            if row.fired is not None and row.rank is not None:
                self._timetable.set(claim.name, at_ms)

    def _settled(self, claim: Claim, fired: int | None) -> Row | None:
        row = self._rows.get(claim.name)
        if row is None:
            return None
        row.claiming = False
        if row.plan.revision == claim.job_revision and row.rank is not None:
            row.fired = fired
        if row.fired is not None:
            self._arm(row)
        return row if row.plan.revision == claim.job_revision else None

    def _rank(self, row: Row) -> None:
        """Arm a job by its new rank; a watermark that we did not follow is read anew."""
        job = row.plan.job
        self._timetable.remove(job.name)
        if row.rank is None:
            row.fired = None
        elif row.fired is None:
            self._ask(Adopt(job.name, row.plan.revision, None, row.created))
        else:
            self._arm(row)

    def _arm(self, row: Row) -> None:
        if row.claiming or row.fired is None or row.rank is None:
            return
        first = row.plan.schedule.next_after(row.fired)
        if first is not None:
            self._timetable.set(row.plan.job.name, first + DELAYS_MS[row.rank])

    def _claim(self, name: str, now_ms: int, room: int) -> int:
        """How many runs this may become: 1, or 0."""
        row = self._rows.get(name)
        if row is None or row.claiming or row.fired is None or row.rank is None:
            return 0
        standing = self._holds()
        if standing is None:
            self._timetable.set(name, now_ms + RETRY_MS)
            return 0
        choice = choose(row.plan.schedule, row.fired, now_ms, row.lateness(now_ms))
        if choice is None:
            return 0
        at_ms = choice.plan_time + DELAYS_MS[row.rank]
        if at_ms > now_ms and not choice.missed:
            self._timetable.set(name, at_ms)
            return 0
        if room <= 0 and not choice.missed:
            self._line.join(name)
            return 0
        claim = row.claim(row.fired, choice, standing)
        row.claiming = True
        self._claimed[claim.run_id] = row.plan.job
        self._ask(Take(claim, choice.missed, look=row.rank != 0))
        return 0 if choice.missed else 1
