"""The runs that a former life of this worker's incarnation left: each is ended like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from common.clock import Clock
from worker.claim import Claim
from worker.events import FormerOver, Inherited
from worker.journal import Journal
from worker.orders import Ended
from worker.results import lost, unknown

log = logging.getLogger(__name__)

STARTED = "its worker was restarted, and how it ended is not known"
PERHAPS = "its worker was restarted, and whether it was started is not known"

Conclude = Callable[[Claim, int, Ended], None]


class Inheritance:
    """Belongs to the scheduler's thread.

    A former run is settled only when nothing of it is left alive: as lost where it was started,
    else as unknown, for nobody can say that it was not. Until then its lock stays held.
    """

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        end: Callable[[Mapping[str, tuple[str, int]], Mapping[str, tuple[str, int]]], None],
        conclude: Conclude,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._end = end
        self._conclude = conclude
        self._open: dict[str, tuple[Claim, int]] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._open

    def __len__(self) -> int:
        return len(self._open)

    def take(self, event: Inherited) -> None:
        """Have these runs ended."""
        for claim, fence in event.runs:
            log.info("job=%s run=%s: of this worker's former life", claim.name, claim.run_id)
            self._open[claim.run_id] = (claim, fence)
        runs = {run_id: (claim.name, fence) for run_id, (claim, fence) in self._open.items()}
        self._end(runs, dict(event.strays))

    def settle(self, event: FormerOver) -> None:
        """Nothing of them is alive any more: settle those that are ours to settle."""
        self._journal.over(event.run_ids - self._open.keys())
        for run_id in sorted(event.run_ids & self._open.keys()):
            claim, fence = self._open.pop(run_id)
            self._conclude(claim, fence, self._ended(claim, run_id in event.started))

    def _ended(self, claim: Claim, started: bool) -> Ended:
        if not started:
            return unknown(claim.run_id, claim.plan_time, PERHAPS)
        noted = self._journal.former.get(claim.run_id)
        now = self._clock.wall_ms()
        return lost(claim.run_id, now, STARTED, noted.start_ms if noted else 0)
