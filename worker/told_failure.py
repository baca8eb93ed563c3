"""The record of an end that was told in short, for whoever is to be told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from common.errors import LogStoreError
from common.record import JobLog
from worker.ends_told import EndsTold
from worker.orders import Over
from worker.spooled import read_one
from worker.told_record import records_in

log = logging.getLogger(__name__)

Find = Callable[[EndsTold, Over], JobLog | None]


class TellingRecords:
    """Finds records where they lie: in the spool, else where they were stored from there."""

    def __init__(
        self, executors: Path, worker: str, stored: Callable[[str], JobLog | None]
    ) -> None:
        """`stored` gives the record of a run that the log store has; LogStoreError from it."""
        self._executors = executors
        self._worker = worker
        self._stored = stored

    def find(self, ends: EndsTold, over: Over) -> JobLog | None:
        """The run's own record; None where nobody has it any more, which is said."""
        try:
            spooled = read_one(self._executors, ends.range, over.offset)
            if spooled is not None:
                return records_in(spooled, self._worker)[1][-1]
        except (OSError, ValueError) as error:
            log.debug("run=%s: not in the spool: %s", over.run_id, error)
        try:
            record = self._stored(over.run_id)
        except LogStoreError as error:
            log.warning("run=%s: its record cannot be read to be told: %s", over.run_id, error)
            return None
        if record is None:
            log.warning("run=%s: its record is gone and cannot be told", over.run_id)
        return record
