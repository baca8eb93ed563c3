"""The dispatch: whom of the scheduler's own parts an event concerns, and what they make of it."""

from __future__ import annotations

from common import keys
from common.loop import Died
from worker.events import (
    Adopted,
    Arisen,
    Dropped,
    Ended,
    EndsWritten,
    Event,
    ExecutorLost,
    FormerOver,
    Found,
    Held,
    Inherited,
    JobGone,
    JobSaved,
    JobsSaved,
    KillAsked,
    LeaseLost,
    Passed,
    Retired,
    Skipped,
    Started,
    Untaken,
    Woken,
    Won,
    WorkersSeen,
)
from worker.inheritance import Inheritance
from worker.plan import Plan
from worker.presence import Presence
from worker.runs import Runs


class Dispatch:
    """Belongs to the scheduler's thread. Once it is `stopping` no claim is handed out any more."""

    def __init__(
        self, plan: Plan, runs: Runs, inheritance: Inheritance, presence: Presence, died: Died
    ) -> None:
        self._plan = plan
        self._runs = runs
        self._inheritance = inheritance
        self._presence = presence
        self._died = died
        self.stopping = False

    def handle(self, event: Event) -> None:
        """Tell it to whom it concerns."""
        match event:
            case Started() | Ended() | ExecutorLost():
                self._handle_run(event)
            case Won() | Skipped() | Found():
                self._handle_answer(event)
            case Passed() | Untaken() | Held() | Dropped():
                self._handle_unclaimed(event)
            case Adopted() | Retired():
                self._handle_watermarks(event)
            case JobSaved() | JobsSaved() | JobGone() | WorkersSeen():
                self._handle_news(event)
            case KillAsked():
                self._runs.kill(event)
            case Inherited() | FormerOver() | EndsWritten():
                self._handle_past(event)
            case LeaseLost():
                self._runs.cut_off(event.incarnation)
            case Arisen():
                self._plan.jobs.arisen()
            case Woken():
                pass

    def _handle_news(self, event: JobSaved | JobsSaved | JobGone | WorkersSeen) -> None:
        match event:
            case JobSaved() | JobsSaved():
                self._plan.jobs.saved(event)
                self._runs.saved((event.job,) if isinstance(event, JobSaved) else event.jobs)
            case WorkersSeen():
                self._plan.jobs.ranked(event)
            case JobGone():
                self._plan.jobs.gone(event)
                if event.deleted:
                    self._runs.deleted(event.name)

    def _handle_unclaimed(self, event: Passed | Untaken | Held | Dropped) -> None:
        match event:
            case Passed():
                self._plan.passed(event)
            case Untaken():
                self._plan.untaken(event)
            case Held():
                self._plan.held(event)
            case Dropped():
                self._plan.dropped(event)

    def _handle_watermarks(self, event: Adopted | Retired) -> None:
        match event:
            case Adopted():
                self._plan.jobs.adopted(event)
            case Retired():
                self._plan.jobs.retired(event)

    def _handle_past(self, event: Inherited | FormerOver | EndsWritten) -> None:
        match event:
            case Inherited():
                self._inheritance.take(event)
            case FormerOver():
                self._inheritance.settle(event)
            case EndsWritten():
                self._runs.ends_written(event)

    def _handle_run(self, event: Started | Ended | ExecutorLost) -> None:
        match event:
            case Started():
                self._runs.started(event)
            case Ended():
                self._runs.ended(event)
            case ExecutorLost():
                self._runs.lost(event)
                self._died(f"executor {event.number}", RuntimeError("the process is gone"))

    def _handle_answer(self, event: Won | Skipped | Found) -> None:
        match event:
            case Won():
                self._won(event)
            case Skipped():
                self._plan.skipped(event)
                self._runs.record(event.claim, event.owed)
            case Found():
                self._settle(event)

    def _won(self, event: Won) -> None:
        job = self._plan.won(event)
        if job is None:
            return
        standing = self._presence.holds()
        if event.claim.name not in self._plan:
            self._runs.refuse(event.claim, job, event.fence, "the job was deleted")
        elif self.stopping:
            self._runs.refuse(event.claim, job, event.fence, "the worker was stopping")
        elif standing is None or standing.incarnation != event.claim.incarnation:
            self._runs.refuse(event.claim, job, event.fence, "the worker's lease had ended")
        elif why := self._plan.why_resting(event.claim):
            self._runs.refuse(event.claim, job, event.fence, why)
        else:
            self._runs.start(event.claim, job, event.fence, standing)

    def _settle(self, event: Found) -> None:
        for entry, owed in event.entries:
            name, run_id = keys.split_run(entry.key) or ("", "")
            if run_id not in self._plan.under_way and run_id not in self._inheritance:
                self._runs.settle(entry, owed, name, run_id)
