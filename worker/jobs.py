"""The jobs of the plan as the watch brings them, each with its rank and, once found, its watermark.

Owned by the scheduler's thread. A job is armed when its watermark is known; that is asked of the
claimer, one adoption for each change of a job that is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from common import keys
from common.clock import Clock
from worker.agenda import Agenda
from worker.asks import Adopt, Adopts, Ask, Retire
from worker.awaited import Awaited, say_ahead
from worker.events import Adopted, JobGone, JobSaved, JobsSaved, Retired, WorkersSeen
from worker.history import Histories, Version
from worker.placement import Placement, Touched
from worker.planned import Planned
from worker.row import ASKED, DONE, Row
from worker.rows import Rows
from worker.weights import slot_of


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
        self._awaited = Awaited()
        self._may_rest = False

    def saved(self, event: JobSaved | JobsSaved) -> None:
        """Plan jobs as they now are, each from its watermark on."""
        found = (event.job,) if isinstance(event, JobSaved) else event.jobs
        self._awaited.more = isinstance(event, JobsSaved) and event.more
        self._rows.is_listed |= isinstance(event, JobsSaved) and not event.more
        self._adopt(ask for each in found for ask in self._saved(each))

    def ranked(self, event: WorkersSeen) -> None:
        """Other workers are there."""
        self._deal(self._placement.seen(event.members))

    def arisen(self, draining: bool = False) -> None:
        """This worker is registered: it need not wait until the watch has listed everything."""
        # A former life's registration may have said that it was stopping.
        self._may_rest = True
        self._deal(self._placement.registered(draining))

    def _deal(self, touched: Touched) -> None:
        """Arm the touched jobs that are ours now, and let the others sleep."""
        now_ms = self._clock.wall_ms()
        self._adopt(self._rank(row, before, now_ms) for row, before in self._rows.ranked(touched))
        # What a deleted job asked for is known no more: any worker does for it.
        slots = touched.get((), ())
        for name, share, known in self._histories.gone():
            if slot_of(name) in slots and self._placement.rank(name) is not None:
                self._ask(Retire(name, known[-1].since, known, share))

    def gone(self, event: JobGone) -> bool:
        """Plan a job no more; whether it was planned."""
        rows = self._rows.of(event.name)
        for row in rows:
            self._over(row, event.revision)
        if not rows and self._histories.of(event.name):
            self._histories.add(event.name, "", Version(event.revision, None))
        if event.deleted:
            mine = [row.share for row in rows if row.is_mine] if rows else [""]
            for share in mine:
                known = self._histories.of(keys.unit(event.name, share))
                self._ask(Retire(event.name, event.revision, known, share))
        return bool(rows)

    def _over(self, row: Row, revision: int) -> None:
        """From this revision on the unit is not there."""
        self._rows.remove(row)
        self._awaited.arrived(1 if row.fired is None else 0, len(self._rows))
        self._agenda.drop(row)
        self._histories.add(row.job.name, row.share, row.version(), Version(revision, None))

    def retired(self, event: Retired) -> None:
        """What is over owes nothing more, unless it is there again; what rests has done so."""
        for unit, revision in event.revisions.items():
            row, known = self._rows.get(unit), self._histories.of(unit)
            if known and known[-1] == Version(revision, None) and row is None:
                self._histories.forget(unit)
            if row and row.rest == ASKED and row.job.revision == revision:
                row.rest = DONE
                self._adopt([self._awakened(row)])

    def adopted(self, event: Adopted) -> None:
        """Arm the jobs whose watermarks are known now."""
        marks = {unit: fired for unit, (_, fired) in event.watermarks.items()}
        say_ahead(marks, self._clock.wall_ms())
        for unit, (revision, fired) in event.watermarks.items():
            row = self._rows.get(unit)
            if row and row.job.revision == revision and not row.rest:
                row.fired, row.since = fired, 0
                self._histories.forget(unit)
                self._agenda.arm(row)
        self._awaited.arrived(len(event.watermarks), len(self._rows))

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
        self._awaited.asked(len(wanted), len(self._rows))

    def _saved(self, job: Planned) -> Iterator[Adopt | None]:
        """What is to be asked where others do not come first for the job's units."""
        rows = self._rows.of(job.name)
        if rows and rows[0].job.revision == job.revision:
            return
        shares = self._rows.shares(job)
        if not rows:
            for share in shares:
                yield self._awakened(self._rows.place(job, share))
            return
        for row in rows:
            if row.share in shares:
                self._change(row, job)
                yield self._awakened(row)
            else:
                self._leave(row, job)
        for share in set(shares) - {row.share for row in rows}:
            if not self._histories.of(keys.unit(job.name, share)):
                self._histories.add(job.name, share, Version(0, None))
            yield self._awakened(self._rows.place(job, share))

    def _change(self, row: Row, job: Planned) -> None:
        """The job is another now; what it was is kept where it was due at other times."""
        if not row.job.is_due_as(job) or row.job.created != job.created:
            self._histories.add(job.name, row.share, row.version())
            row.since = job.revision
        self._rows.change(row, job)
        row.fired, row.rest = None, ""
        self._agenda.disarm(row)
        if row.rank is None:
            row.waits_for = ""
            self._agenda.drop(row)

    def _leave(self, row: Row, job: Planned) -> None:
        """The job is to run elsewhere: this unit is over."""
        self._over(row, job.revision)
        if row.is_mine:
            known = self._histories.of(row.unit)
            self._ask(Retire(job.name, job.revision, known, row.share, job.revision))

    def _awakened(self, row: Row) -> Adopt | None:
        """What finds the watermark of a unit that is ours; one that rests lays its own to rest."""
        if row.rank is not None:
            return None if row.rest == ASKED else self._adoption(row)
        if self._may_rest and not row.rest and self._rows.rests(row):
            row.rest, row.fired = ASKED, None
            job, known = row.job, self._histories.of(row.unit)
            since = min(row.since, job.created)
            versions = (*known, row.version() if known else replace(row.version(), since=since))
            self._ask(Retire(job.name, job.revision, versions, row.share, job.revision))
        return None

    def stop(self) -> None:
        """This worker is about to end: what is its alone does not rest, but is missed, or waits."""
        self._may_rest = False

    def _adoption(self, row: Row, stood: int = 0) -> Adopt:
        job = row.job
        known = self._histories.of(row.unit)
        versions = (*known, row.version()) if known else ()
        row.rest = ""
        return Adopt(job.name, job.revision, versions, job.created, stood, row.share)

    def _rank(self, row: Row, before: int | None, now_ms: int) -> Adopt | None:
        """Arm a job by its new rank; a watermark that others may have moved meanwhile is read anew.

        One after which nothing was due meanwhile is where it was: this job did not change.
        """
        self._agenda.disarm(row)
        if row.rank is None:
            row.waits_for = ""
            self._agenda.drop(row)
            return self._awakened(row)
        if row.rest == ASKED:
            return None
        if before is None and row.is_behind(now_ms):
            row.fired = None
        if row.fired is None:
            return self._adoption(row)
        self._agenda.arm(row)
        return None
