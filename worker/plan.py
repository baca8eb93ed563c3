"""The plan: every job's row, the agenda over them, and the claims that are being made.

Owned by the scheduler's thread. A job has at most one claim under way, so that its instants are
settled oldest first and what waits for the claimer is bounded by the number of jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from common.clock import Clock
from common.job import Job
from worker.agenda import RETRY_MS, Agenda
from worker.asks import Adopt, Adopts, Ask, Retire, Take
from worker.claim import Claim
from worker.events import (
    Adopted,
    Dropped,
    Held,
    JobGone,
    JobSaved,
    JobsSaved,
    Passed,
    Retired,
    Skipped,
    Won,
    WorkersSeen,
)
from worker.history import Histories, Version
from worker.placement import Placement
from worker.planned import Planned
from worker.presence import Standing
from worker.row import Row
from worker.rows import Rows
from worker.slots import slot_of

log = logging.getLogger(__name__)

MANY = 1_000
"""Of so many jobs that are armed at once the log speaks."""


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
        self._rows = Rows(placement)
        self._agenda = Agenda(self._rows, holds, placement)
        self._histories = Histories()
        self._claimed: dict[str, Job] = {}

    @property
    def claiming(self) -> int:
        """How many claims are not answered yet."""
        return len(self._claimed)

    @property
    def crowded(self) -> int:
        """How many jobs wait in line for room."""
        return self._agenda.waiting

    def __contains__(self, name: str) -> bool:
        """Whether the job is planned."""
        return name in self._rows

    def knows(self, run_id: str) -> bool:
        """Whether a claim of this run is being made."""
        return run_id in self._claimed

    def next_ms(self) -> int | None:
        """When `look` has something to do next, epoch ms."""
        return self._agenda.next_ms()

    def look(self, now_ms: int, room: int) -> None:
        """Claim what is due, at most `room` runs; the rest waits in line, oldest first.

        What is only recorded needs no room.
        """
        for due in self._agenda.look(now_ms, room):
            due.row.claiming = True
            self._claimed[due.claim.run_id] = due.row.job.job()
            self._ask(Take(due.claim, due.missed, look=due.row.rank != 0))

    def saved(self, event: JobSaved | JobsSaved) -> None:
        """Plan jobs as they now are, each from its watermark on."""
        found = (event.job,) if isinstance(event, JobSaved) else event.jobs
        self._adopt(self._saved(each) for each in found)

    def _adopt(self, asks: Iterable[Adopt | None]) -> None:
        """Ask for watermarks: those of many jobs at once."""
        wanted = tuple(ask for ask in asks if ask)
        if len(wanted) == 1:
            self._ask(wanted[0])
        elif wanted:
            self._ask(Adopts(wanted))

    def _saved(self, job: Planned) -> Adopt | None:
        """What is to be asked where others do not come first for the job."""
        row = self._rows.get(job.name)
        if row and row.job.revision == job.revision:
            return None
        if row is None:
            row = self._rows.place(job)
        else:
            self._change(row, job)
        return None if row.rank is None else self._adoption(row)

    def _change(self, row: Row, job: Planned) -> None:
        """The job is another now; what it was is kept where it was due at other times."""
        if row.job.schedule != job.schedule or row.job.created != job.created:
            self._histories.add(job.name, row.version())
            row.since = job.revision
        row.job, row.fired = job, None
        self._agenda.disarm(row)

    def _adoption(self, row: Row, went: bool = False) -> Adopt:
        job = row.job
        known = self._histories.of(job.name)
        versions = (*known, row.version()) if known else ()
        return Adopt(job.name, job.revision, versions, job.created, went)

    def ranked(self, event: WorkersSeen) -> None:
        """Other workers are there: jobs that are ours now are armed, others sleep."""
        slots = self._placement.seen(event.members)
        now_ms = self._clock.wall_ms()
        self._adopt(self._rank(row, before, now_ms) for row, before in self._rows.ranked(slots))
        for name, known in self._histories.gone():
            if slot_of(name) in slots and self._placement.rank(name) is not None:
                self._ask(Retire(name, known[-1].since, known))

    def gone(self, event: JobGone) -> bool:
        """Plan a job no more; whether it was planned."""
        row = self._rows.remove(event.name)
        if row:
            self._agenda.drop(row)
            self._histories.add(event.name, row.version())
        if self._histories.of(event.name):
            self._histories.add(event.name, Version(event.revision, None))
        if event.deleted and (row is None or row.rank is not None):
            self._ask(Retire(event.name, event.revision, self._histories.of(event.name)))
        return row is not None

    def retired(self, event: Retired) -> None:
        """Deleted jobs owe nothing more, unless they were made anew meanwhile."""
        for name, revision in event.revisions.items():
            known = self._histories.of(name)
            if known and known[-1] == Version(revision, None) and name not in self._rows:
                self._histories.forget(name)

    def adopted(self, event: Adopted) -> None:
        """Arm the jobs whose watermarks are known now."""
        for name, (revision, fired) in event.watermarks.items():
            row = self._rows.get(name)
            if row and row.job.revision == revision:
                row.fired, row.since = fired, 0
                self._histories.forget(name)
                self._agenda.arm(row)
        if len(event.watermarks) >= MANY:
            log.info("%d jobs are armed", self._agenda.armed)

    def heard(self, event: Passed | Held | Dropped | Adopted | Retired) -> None:
        """Take one of the answers that concern the plan alone."""
        match event:
            case Passed():
                self.passed(event)
            case Held():
                self.held(event)
            case Dropped():
                self.dropped(event)
            case Adopted():
                self.adopted(event)
            case Retired():
                self.retired(event)

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
            self._ask(self._adoption(row, went=True))

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
            self._agenda.again(row, at_ms)

    def _settled(self, claim: Claim, fired: int | None) -> Row | None:
        row = self._rows.get(claim.name)
        if row is None:
            return None
        row.claiming = False
        if row.job.revision == claim.job_revision:
            row.fired = fired
        self._agenda.arm(row)
        return row if row.job.revision == claim.job_revision else None

    def _rank(self, row: Row, before: int | None, now_ms: int) -> Adopt | None:
        """Arm a job by its new rank; a watermark that others may have moved meanwhile is read anew.

        One after which nothing was due meanwhile is where it was: this job did not change.
        """
        self._agenda.disarm(row)
        if row.rank is None:
            row.waits_for = ""
            self._agenda.drop(row)
            return None
        if before is None and row.is_behind(now_ms):
            row.fired = None
        if row.fired is None:
            return self._adoption(row)
        self._agenda.arm(row)
        return None
