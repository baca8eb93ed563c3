"""The runs that former lives of this worker left: gone on with, or ended like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from common.clock import Clock
from common.job import Job
from worker.baggage import Baggage, UnreadableBaggage, unpack_baggage
from worker.claim import Claim
from worker.ends_told import EndsTold
from worker.events import FormerOver, Inherited, Resumed
from worker.journal import Journal
from worker.orders import Ended, Over
from worker.results import lost, unknown
from worker.runs import Runs
from worker.spooled import Range, Spooled

log = logging.getLogger(__name__)

STARTED = "its worker was restarted, and how it ended is not known"
PERHAPS = "its worker was restarted, and whether it was started is not known"


class Inheritance:
    """Belongs to the scheduler's thread.

    What an executor of a former life has, or has told the end of, goes on or ends as if it were of
    this life. Any other is settled only when nothing of it is left alive: as lost where it was
    started, else as unknown, for nobody can say that it was not. Until then its lock stays held.
    `is_known` once all that executors of former lives have was heard, of those that can be heard.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        end: Callable[[Mapping[str, tuple[str, int]], Mapping[str, tuple[str, int]]], None],
        runs: Runs,
        read: Callable[[Range, int], Spooled | None],
    ) -> None:
        """`end` is told what the store says was left, and looks what of it there still is.

        `read` gives the end that begins at a byte of a part of the spool, as `spooled.read_one`.
        """
        self._clock = clock
        self._journal = journal
        self._end = end
        self._runs = runs
        self._read = read
        self._strays: frozenset[str] = frozenset()
        self._open: dict[str, tuple[Claim, int]] = {}
        self.is_known = False

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._open

    def __len__(self) -> int:
        return len(self._open)

    def take(self, event: Inherited) -> None:
        """Have it found out what became of these runs."""
        for claim, fence in event.runs:
            log.info("job=%s run=%s: of this worker's former life", claim.name, claim.run_id)
            self._open[claim.run_id] = (claim, fence)
        runs = {run_id: (claim.name, fence) for run_id, (claim, fence) in self._open.items()}
        self._strays = frozenset(run_id for run_id, _ in event.strays)
        self._end(runs, dict(event.strays))

    def resume(self, event: Resumed) -> None:
        """Go on with what an executor has: as ours, whether or not its incarnation is over."""
        for held in event.runs:
            if baggage := self._baggage(held.run_id, held.context):
                self._runs.resume(baggage, held.start_ms if held.pid else 0)
                self._open.pop(held.run_id, None)

    def told_again(self, ended: Ended) -> None:
        """End what ended while no life of ours heard it, or none had it recorded.

        Of what is told without any sense only the run's key can be recorded, if there is one.
        """
        run_id = ended.run_id
        if self._runs.is_out(run_id):
            self._runs.ended(ended)
        elif baggage := self._baggage(run_id, ended.context):
            self._runs.told_again(baggage, ended)
            self._open.pop(run_id, None)
        else:
            self._runs.endings.before((run_id,))
            self._runs.endings.alone((run_id,))

    def ended_before(self, event: EndsTold) -> None:
        """The same of ends that are durable. Of runs that the store does not have running the end
        was written already, or is another's to write: only their records are still to be stored.
        """
        over = [each.run_id for each in event.over if not self._ends(event, each)]
        if over:
            self._journal.over(over)
            self._runs.endings.before(over)
        self._runs.endings.spooled(event)

    def known(self, whole: bool = True) -> None:
        """All that executors of former lives have was heard, and what ended before.

        Where that is not the `whole`, no more will be heard unless one ends.
        """
        self.is_known = True
        if whole:
            self._runs.endings.before((), last=True)

    def _ends(self, event: EndsTold, over: Over) -> bool:
        """End a run that was not over before; whether it is such a one."""
        run_id = over.run_id
        if self._runs.is_out(run_id):
            self._runs.ended(over)
        elif run_id in self._open or run_id in self._strays:
            baggage = self._baggage(run_id, self._context(event, over))
            if baggage is None:
                return False
            self._runs.told_again(baggage, over)
            self._open.pop(run_id, None)
        return self._runs.knows(run_id)

    def _context(self, event: EndsTold, over: Over) -> str:
        """What the run was ordered with, "" where that cannot be read."""
        try:
            spooled = self._read(event.range, over.offset)
        except (OSError, ValueError) as error:
            log.error("run=%s: its end cannot be read: %s", over.run_id, error)
            return ""
        return spooled.context if spooled else ""

    def settle(self, event: FormerOver) -> None:
        """Nothing of them is alive any more: settle those that are ours to settle."""
        self._journal.over(event.run_ids - self._open.keys())
        for run_id in sorted(event.run_ids & self._open.keys()):
            claim, fence = self._open.pop(run_id)
            self._runs.conclude(claim, fence, self._ended(claim, run_id in event.started))

    def _baggage(self, run_id: str, context: str) -> Baggage | None:
        """What was handed out; of what no text explains, what its key says."""
        try:
            return unpack_baggage(context)
        except UnreadableBaggage as error:
            if run_id not in self._open:
                log.error("run=%s is of a former life, and %s: others settle it", run_id, error)
                return None
            log.warning("run=%s: %s; what its key says must do", run_id, error)
            claim, fence = self._open[run_id]
            job = Job(claim.name, claim.command, "")
            return Baggage(claim, job, fence, fence, self._clock.wall_ms())

    def _ended(self, claim: Claim, started: bool) -> Ended:
        if not started:
            return unknown(claim.run_id, claim.plan_time, PERHAPS)
        noted = self._journal.former.get(claim.run_id)
        now = self._clock.wall_ms()
        return lost(claim.run_id, now, STARTED, noted.start_ms if noted else 0)
