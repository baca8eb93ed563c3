"""The jobs of the plan as the watch brings them, each with its rank and, once found, its watermark.

Owned by the scheduler's thread. A job is armed when its watermark is known; that is asked of the
claimer, one adoption for each change of a job that is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from common.clock import Clock
from worker.agenda import Agenda
from worker.asks import Adopt, Adopts, Ask, Retire
from worker.collector import give_back
from worker.events import Adopted, JobGone, JobSaved, JobsSaved, Retired, WorkersSeen
from worker.history import Histories, Version
from worker.placement import Placement
from worker.planned import Planned
from worker.row import Row
from worker.rows import Rows
from worker.slots import slot_of

log = logging.getLogger(__name__)

MANY = 1_000
"""Where so many jobs are there the log says when those that were found together are armed."""
AHEAD_MS = 60_000
"""A watermark that lies so far ahead was moved by a clock that was wrong, or by hand."""


class Jobs:
    """Lets rows come, change and go; arms those that are ours, and lets the others sleep."""

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[Ask], None],
        rows: Rows,
        agenda: Agenda,
        placement: Placement,
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._rows = rows
        self._agenda = agenda
        self._placement = placement
        self._histories = Histories()
        self._awaited = 0
        self._more = False

    def saved(self, event: JobSaved | JobsSaved) -> None:
        """Plan jobs as they now are, each from its watermark on."""
        found = (event.job,) if isinstance(event, JobSaved) else event.jobs
        self._more = isinstance(event, JobsSaved) and event.more
        self._adopt(self._saved(each) for each in found)

    def ranked(self, event: WorkersSeen) -> None:
        """Other workers are there."""
        self._deal(self._placement.seen(event.members))

    def arisen(self) -> None:
        """This worker is registered: it need not wait until the watch has listed everything."""
        self._deal(self._placement.registered())

    def _deal(self, slots: set[int]) -> None:
        """Arm the jobs of these slots that are ours now, and let the others sleep."""
        now_ms = self._clock.wall_ms()
        self._adopt(self._rank(row, before, now_ms) for row, before in self._rows.ranked(slots))
        for name, known in self._histories.gone():
            if slot_of(name) in slots and self._placement.rank(name) is not None:
                self._ask(Retire(name, known[-1].since, known))

    def gone(self, event: JobGone) -> bool:
        """Plan a job no more; whether it was planned."""
        row = self._rows.remove(event.name)
        if row:
            self._arrived(1 if row.fired is None else 0)
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
        self._say_ahead({name: fired for name, (_, fired) in event.watermarks.items()})
        for name, (revision, fired) in event.watermarks.items():
            row = self._rows.get(name)
            if row and row.job.revision == revision:
                row.fired, row.since = fired, 0
                self._histories.forget(name)
                self._agenda.arm(row)
        self._arrived(len(event.watermarks))

    def _say_ahead(self, watermarks: dict[str, int]) -> None:
        """Say which jobs rest: a clock or a hand that was ahead moved their watermarks."""
        soon = self._clock.wall_ms() + AHEAD_MS
        ahead = {name: fired for name, fired in watermarks.items() if fired > soon}
        if ahead:
            longest, until = max(ahead.items(), key=lambda item: item[1])
            at = datetime.fromtimestamp(until / 1000, UTC).isoformat(timespec="seconds")
            log.warning(
                "jobs that rest, since their watermarks lie ahead of the clock: %d; longest"
                " job=%s, until %s", len(ahead), longest, at,
            )  # fmt: skip

    def adopt_anew(self, row: Row, stood: int) -> None:
        """A watermark that stood here (epoch ms) is gone, or went back: let it be made again."""
        self._ask(self._adoption(row, stood))

    def _adopt(self, asks: Iterable[Adopt | None]) -> None:
        """Ask for watermarks: those of many jobs at once."""
        wanted = tuple(ask for ask in asks if ask)
        if len(wanted) == 1:
            self._ask(wanted[0])
        elif wanted:
            self._ask(Adopts(wanted))
        if self._awaited or (len(wanted) > 1 and len(self._rows) >= MANY):
            self._awaited += len(wanted)

    def _arrived(self, count: int) -> None:
        """So many fewer watermarks are awaited; of the last of many the log speaks."""
        if self._awaited:
            self._awaited = max(0, self._awaited - count)
            if not self._awaited and not self._more:
                give_back()
                log.info("%d jobs are known, and ours are armed", len(self._rows))

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
        if not row.job.is_due_as(job) or row.job.created != job.created:
            self._histories.add(job.name, row.version())
            row.since = job.revision
        row.job, row.fired = job, None
        self._agenda.disarm(row)

    def _adoption(self, row: Row, stood: int = 0) -> Adopt:
        job = row.job
        known = self._histories.of(job.name)
        versions = (*known, row.version()) if known else ()
        return Adopt(job.name, job.revision, versions, job.created, stood)

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
