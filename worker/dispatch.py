"""The dispatch: whom of the scheduler's own parts an event concerns, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence

from common.clock import Clock
from common.owed import RUNNING
from worker.claim import job_and_run
from worker.events import (
    Adopted,
    Arisen,
    Dropped,
    Ended,
    EndsTold,
    EndsWritten,
    Event,
    ExecutorLost,
    FormerKnown,
    FormerOver,
    Found,
    Inherited,
    JobGone,
    JobSaved,
    JobsSaved,
    KillAsked,
    LeaseLost,
    LockHeld,
    Passed,
    Resumed,
    Retired,
    Skipped,
    Started,
    TriggersSeen,
    Untaken,
    Woken,
    Won,
    WorkersSeen,
)
from worker.gate import Gate
from worker.inheritance import Inheritance
from worker.plan import Plan
from worker.planned import Planned
from worker.presence import Presence
from worker.runs import Runs
from worker.waiting import Waiting
from worker.waits import Turned, Unturned, Waits, waits_by


class Dispatch:
    """Belongs to the scheduler's thread."""

    def __init__(
        self,
        clock: Clock,
        plan: Plan,
        runs: Runs,
        waiting: Waiting,
        inheritance: Inheritance,
        presence: Presence,
    ) -> None:
        self._clock = clock
        self._plan = plan
        self._runs = runs
        self._waiting = waiting
        self._inheritance = inheritance
        self._gate = Gate(plan, runs, presence)

    def stop(self) -> None:
        """Let nothing more start of what was claimed, nor wait."""
        self._gate.closed = True

    def handle(self, event: Event) -> None:
        """Tell it to whom it concerns."""
        match event:
            case Started() | Ended() | EndsTold() | ExecutorLost():
                self._handle_run(event)
            case Won() | Skipped() | Found():
                self._handle_answer(event)
            case Passed() | Untaken() | LockHeld() | Dropped():
                self._handle_unclaimed(event)
            case Waits() | Turned() | Unturned():
                self._handle_waiting(event)
            case Adopted() | Retired():
                self._handle_watermarks(event)
            case JobSaved() | JobsSaved() | JobGone() | WorkersSeen():
                self._handle_news(event)
            case TriggersSeen():
                self._plan.triggers.seen(event)
            case KillAsked():
                self._runs.kill(event)
                self._waiting.kill(event)
            case Inherited() | Resumed() | FormerKnown() | FormerOver() | EndsWritten():
                self._handle_past(event)
            case LeaseLost():
                self._runs.cut_off(event.incarnation)
            case Arisen():
                self._plan.jobs.arisen(event.draining)
            case Woken():
                pass

    def _handle_news(self, event: JobSaved | JobsSaved | JobGone | WorkersSeen) -> None:
        match event:
            case JobSaved() | JobsSaved():
                self._plan.jobs.saved(event)
                self._runs.saved((event.job,) if isinstance(event, JobSaved) else event.jobs)
                self._waiters_saved((event.job,) if isinstance(event, JobSaved) else event.jobs)
            case WorkersSeen():
                self._plan.jobs.ranked(event)
            case JobGone():
                self._plan.jobs.gone(event)
                self._waiting.gone(event.name, event.deleted)
                if event.deleted:
                    self._runs.deleted(event.name)

    def _handle_unclaimed(self, event: Passed | Untaken | LockHeld | Dropped) -> None:
        match event:
            case Passed():
                self._plan.passed(event)
            case Untaken():
                self._plan.untaken(event)
            case LockHeld():
                self._plan.held(event)
            case Dropped():
                self._plan.dropped(event)

    def _handle_watermarks(self, event: Adopted | Retired) -> None:
        match event:
            case Adopted():
                self._plan.jobs.adopted(event)
            case Retired():
                self._plan.jobs.retired(event)

    def _handle_past(
        self, event: Inherited | Resumed | FormerKnown | FormerOver | EndsWritten
    ) -> None:
        match event:
            case Inherited():
                self._inheritance.take(event)
            case Resumed():
                self._inheritance.resume(event)
            case FormerKnown():
                self._inheritance.known(event.whole)
            case FormerOver():
                self._inheritance.settle(event)
            case EndsWritten():
                self._runs.ends_written(event)
                self._waiting.freed({run_id.rpartition("@")[0] for run_id in event.run_ids})

    def _handle_run(self, event: Started | Ended | EndsTold | ExecutorLost) -> None:
        match event:
            case Started():
                self._runs.started(event)
            case EndsTold(again=False):
                self._runs.ended_many(event)
            case EndsTold():
                self._inheritance.ended_before(event)
            case Ended() if event.context:
                self._inheritance.told_again(event)
            case Ended():
                self._runs.ended(event)
            case ExecutorLost():
                self._runs.lost(event)

    def _handle_answer(self, event: Won | Skipped | Found) -> None:
        match event:
            case Won():
                self._gate.won(event)
            case Skipped():
                self._plan.skipped(event)
                self._runs.record(event.claim, event.owed)
            case Found():
                self._settle(event)

    def _waiters_saved(self, jobs: Sequence[Planned]) -> None:
        if len(self._waiting):
            now_ms = self._clock.wall_ms()
            for job in jobs:
                self._waiting.saved(job.name, now_ms)

    def _handle_waiting(self, event: Waits | Turned | Unturned) -> None:
        match event:
            case Waits():
                if event.settled:
                    self._plan.waits(event)
                if not self._gate.closed:
                    self._waiting.add(event)
            case Turned():
                if waiter := self._waiting.turned(event):
                    self._gate.turned(event, waiter)
            case Unturned():
                self._waiting.unturned(event)

    def _settle(self, event: Found) -> None:
        for entry, owed in event.entries:
            name, run_id = job_and_run(entry.key)
            if run_id in self._inheritance or run_id in self._waiting:
                continue
            if owed.state == RUNNING:
                # What waits may be handed over to us while we ask for the same instant.
                if run_id in self._plan.under_way:
                    continue
                self._runs.settle(entry, owed, name, run_id)
            elif not self._gate.closed:
                self._waiting.add(waits_by(entry.key, owed, entry.revision, entry.created))
