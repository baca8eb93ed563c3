"""What becomes of the runs that are out when this life of the worker ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from common.counts import count_of
from worker.crew import Crew
from worker.run import Run
from worker.runs import Runs
from worker.stop_reason import StopReason

log = logging.getLogger(__name__)

STOPPING = "the worker was stopping"
"""Why a run was ended, or not started."""


class Leaving:
    """Belongs to the scheduler's thread. Of a restart a next life goes on with those runs whose
    jobs say so; all others are ended, and after a stop all of them.
    """

    def __init__(self, runs: Runs, crew: Crew, reason: StopReason) -> None:
        self._runs = runs
        self._crew = crew
        self._reason = reason
        self._keeping = False

    def begin(self) -> None:
        """Nothing more starts. It takes a moment to learn whether this is a restart."""
        self._keeping = self._reason.is_restart()
        for run in self._ending():
            if not run.started:
                self._crew.call_off(run.claim.run_id, STOPPING)
        kept = len(self._runs) - self.awaited
        if kept:
            log.info("%s left to the worker's next life", count_of(kept, "run"))

    @property
    def keeps(self) -> bool:
        """Whether a next life goes on with some."""
        return self._keeping

    @property
    def awaited(self) -> int:
        """How many runs this life is to see to their ends."""
        return sum(1 for _ in self._ending())

    def longest_grace(self) -> float:
        """The longest time that one of these may take from TERM to KILL, seconds."""
        return max((run.info.job.kill_grace_seconds for run in self._ending()), default=0)

    def end(self) -> None:
        """End them, also those of an executor that is stopped and would sleep through it."""
        self._crew.rouse()
        for run in self._ending():
            run.info.cancel(STOPPING)

    def end_at_once(self) -> None:
        """End them, whatever is left of their grace."""
        for run in self._ending():
            self._crew.kill(run.claim.run_id, STOPPING, at_once=True)

    def retire(self) -> None:
        """Let the executors end whatever is not kept, and then themselves."""
        self._crew.retire(self._keeping)

    def _ending(self) -> Iterator[Run]:
        return (run for run in self._runs.out() if not (self._keeping and run.is_kept))
