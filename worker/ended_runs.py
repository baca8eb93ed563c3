"""Runs that are over: how each ended is written, filed and logged, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from common.owed import Owed
from common.owed_record import owed_records
from worker.asks import Ask
from worker.claim import Claim
from worker.end_words import in_a_line
from worker.endings import Endings
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.kills import Kills
from worker.orders import Ended, Over
from worker.recent import Recent
from worker.run import Run

log = logging.getLogger(__name__)


class EndedRuns:
    """Belongs to the scheduler's thread. It knows those that ended not long ago."""

    def __init__(
        self,
        ask: Callable[[Ask], None],
        file: Callable[[Sequence[Filing]], None],
        spooled: Callable[[EndsTold], None],
        kills: Kills,
        worker: str,
    ) -> None:
        self._kills = kills
        self._worker = worker
        self.endings = Endings(ask, file, spooled)
        self._fences: Recent[int] = Recent()
        self._told: Recent[int] = Recent()

    def fence_of(self, run_id: str) -> int | None:
        """The fence of a run that is over; None where it is not, or that is not known."""
        return self._fences.get(run_id)

    def was_told(self, run_id: str) -> bool:
        """Whether an executor said that it is over."""
        return run_id in self._told

    def add(self, run: Run, ended: Ended | Over, told: bool = False) -> None:
        """A run is over; `told` where its executor said so, and keeps that until it is recorded."""
        claim = run.claim
        self._fences[claim.run_id] = run.info.fence
        if told:
            self._told[claim.run_id] = run.info.fence
        killed = self._kills.reason(claim.name, claim.run_id, run.created)
        said = f"job={claim.name} run={claim.run_id}: {in_a_line(ended)}"
        self.endings.add(run.end(ended, bool(killed), told), said)
        if filing := run.filing(ended, self._worker, told):
            self.endings.file(filing)

    def record(self, claim: Claim, owed: Owed) -> None:
        """File an instant that was settled without a run."""
        log.info("job=%s run=%s: %s, %s", claim.name, claim.run_id, owed.outcome, owed.reason)
        filed = (
            replace(record, worker=self._worker)
            for record in owed_records(claim.name, claim.run_id, owed)
        )
        self.endings.file(Filing(tuple(filed), claim.run_key))
