"""The running table: every run that was handed out, until its end has come.

Owned by the scheduler's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from common.clock import Clock
from common.job import Job
from common.owed import Owed
from common.store import Entry
from worker import results
from worker.asks import Ask
from worker.baggage import Baggage, JobTexts, pack_baggage
from worker.begun import Begun
from worker.called_off import call_off_deleted, call_off_resting
from worker.claim import Claim, claim_of
from worker.crew import Crew
from worker.end_words import as_heard, as_it_was
from worker.ended_runs import EndedRuns
from worker.ends_told import EndsTold
from worker.events import EndsWritten, KillAsked
from worker.filing import Filing
from worker.handover import Handover
from worker.journal import Journal
from worker.kills import Kills, is_meant, why_killed
from worker.ordering import noted_of, order_of
from worker.orders import CUT_OFF, Ended, ExecutorLost, Over, Started
from worker.planned import Planned
from worker.run import Run
from worker.standing import Standing

log = logging.getLogger(__name__)


class Runs:
    """Starts, kills and ends runs; each ends exactly once, in an `End` and what is recorded."""

    def __init__(
        self,
        clock: Clock,
        crew: Crew,
        ask: Callable[[Ask], None],
        file: Callable[[Sequence[Filing]], None],
        spooled: Callable[[EndsTold], None],
        worker: str,
        lost_after: float,
        journal: Journal,
    ) -> None:
        self._clock = clock
        self._crew = crew
        self._lost_after = lost_after
        self._journal = journal
        self._handover = Handover(crew, journal)
        self._texts = JobTexts()
        self._running: dict[str, Run] = {}
        self.begun = Begun(clock, journal, self._job_of)
        self.kills = Kills(clock)
        self._ended = EndedRuns(ask, file, spooled, self.kills, worker)
        self.endings = self._ended.endings

    def __len__(self) -> int:
        return len(self._running)

    @property
    def room(self) -> int:
        """How many more runs can be handed out."""
        return self._crew.room

    @property
    def short_of(self) -> str:
        """What keeps runs from being handed out though there are slots; "" where nothing does."""
        return self._crew.short_of

    @contextmanager
    def together(self) -> Iterator[None]:
        """What begins and ends meanwhile does so in one piece: first what begins."""
        with self.endings.together(), self._handover.together():
            yield

    def out(self) -> Iterable[Run]:
        """Those whose ends have not come yet."""
        return self._running.values()

    def _job_of(self, run_id: str) -> str | None:
        run = self._running.get(run_id)
        return run.claim.name if run else None

    def start(
        self, claim: Claim, job: Job, fence: int, standing: Standing, created: int = 0
    ) -> None:
        """Hand out a claimed run, unless a kill is already meant for it or it was settled.

        `created` where its key was created before, since it waited.
        """
        if (before := self._ended.fence_of(claim.run_id)) is not None:
            if before != fence:
                self.refuse(claim, job, fence, "it was run before")
            return
        baggage = self._baggage(claim, job, fence, created)
        boot = self._clock.boot()
        run = self._run(baggage)
        why = self.kills.reason(claim.name, claim.run_id, run.created)
        if why:
            self._ended.add(run, results.not_started(claim.run_id, self._clock.wall_ms(), why))
            return
        self._running[claim.run_id] = run
        log.debug("job=%s run=%s: handed out", claim.name, claim.run_id)
        context = pack_baggage(baggage, self._texts.of)
        order = order_of(claim, run.info, standing, boot, self._lost_after, context)
        self._handover.give(order, noted_of(claim, job, fence))

    def resume(self, baggage: Baggage, start_ms: int) -> None:
        """Go on with a run of a former life that its executor still has, unless it is known."""
        claim = baggage.claim
        if self.knows(claim.run_id):
            return
        run = self._running[claim.run_id] = self._run(baggage, start_ms)
        log.info("job=%s run=%s: gone on with", claim.name, claim.run_id)
        why = self.kills.reason(claim.name, claim.run_id, run.created)
        if why:
            run.info.cancel(why)

    def is_out(self, run_id: str) -> bool:
        """Whether its end has not come yet."""
        return run_id in self._running

    def knows(self, run_id: str) -> bool:
        """Whether it runs, or an executor told not long ago that it is over."""
        return run_id in self._running or self._ended.was_told(run_id)

    def refuse(self, claim: Claim, job: Job, fence: int, reason: str) -> None:
        """Settle a claimed run that is not to be started."""
        run = self._run(self._baggage(claim, job, fence))
        self._ended.add(run, results.not_started(claim.run_id, self._clock.wall_ms(), reason))

    def settle(self, entry: Entry, owed: Owed, name: str, run_id: str) -> None:
        """Settle a claim of ours whose answer never came, unless the run is known."""
        if run_id in self._running or self._ended.fence_of(run_id) == entry.revision:
            return
        ended = results.not_started(run_id, self._clock.wall_ms(), "the claim's answer was lost")
        self.conclude(claim_of(name, run_id, owed, locks=True), entry.revision, ended)

    def conclude(self, claim: Claim, fence: int, ended: Ended) -> None:
        """End a claimed run that is not in the table; only its key says what it was."""
        job = Job(claim.name, claim.command, "")
        self._ended.add(self._run(self._baggage(claim, job, fence)), ended)

    def told_again(self, baggage: Baggage, ended: Ended | Over) -> None:
        """End a run of a former life as its executor says, unless that was done before."""
        if ended.run_id in self._running:
            self.ended(ended)
        elif not self.knows(ended.run_id):
            heard = ended if isinstance(ended, Over) else as_it_was(ended)
            self._ended.add(self._run(baggage), heard, told=True)

    def record(self, claim: Claim, owed: Owed) -> None:
        """File an instant that was settled without a run."""
        self._ended.record(claim, owed)

    def started(self, event: Started) -> None:
        """The command of a run was started."""
        run = self._running.get(event.run_id)
        if run:
            run.start_ms = event.start_ms
            self._crew.started(event.run_id)
            self.begun.add(event)

    def ended_many(self, event: EndsTold) -> None:
        """Runs are over, and their ends durable."""
        for over in event.over:
            self.ended(over)
        self.endings.spooled(event)

    def ended(self, ended: Ended | Over) -> None:
        """A run is over; what is told of it in short is to be recorded with what it was told."""
        self._crew.released(ended.run_id)
        run = self._running.pop(ended.run_id, None)
        if run:
            heard = ended if isinstance(ended, Over) else as_heard(ended, run.started)
            self._ended.add(run, heard, told=True)

    def lost(self, event: ExecutorLost) -> None:
        """An executor is gone with its runs; nothing of them is left alive."""
        reason = f"executor {event.number} died"
        for run_id in event.run_ids:
            start_ms = run.start_ms if (run := self._running.get(run_id)) else 0
            self.ended(results.lost(run_id, self._clock.wall_ms(), reason, start_ms))

    def ends_written(self, event: EndsWritten) -> None:
        """The store has the ends of these runs: a next life need not look for them."""
        self._journal.over(event.run_ids)

    def kill(self, event: KillAsked) -> None:
        """End the runs whose keys were there before the kill was asked for."""
        self.kills.add(event)
        for run_id, run in list(self._running.items()):
            if run.claim.name == event.name and is_meant(event, run_id, run.created):
                log.info("job=%s run=%s: kill asked for", event.name, run_id)
                run.info.cancel(why_killed(event))

    def cut_off(self, incarnation: str) -> None:
        """An incarnation's lease is gone, perhaps before its time: end what must not outlive it."""
        for run in self._running.values():
            if run.claim.incarnation == incarnation and run.info.job.cut_off == "kill":
                run.info.cancel(CUT_OFF)

    def saved(self, jobs: Iterable[Planned]) -> None:
        """Jobs are others now: what of a paused one has not started yet does not start."""
        runs, call_off = self._running.values(), self._handover.call_off
        call_off_resting(runs, jobs, self._clock.wall_ms(), call_off)

    def deleted(self, name: str) -> None:
        """A job was deleted: what of it has not started yet does not start."""
        call_off_deleted(self._running.values(), name, self._handover.call_off)

    def _baggage(self, claim: Claim, job: Job, fence: int, created: int = 0) -> Baggage:
        """The run as it is handed out now."""
        return Baggage(claim, job, fence, created or fence, self._clock.wall_ms())

    def _run(self, baggage: Baggage, start_ms: int = 0) -> Run:
        return Run.of(baggage, partial(self._handover.kill, baggage.claim.run_id), start_ms)
