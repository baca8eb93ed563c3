"""Where an executor keeps ends until they are acknowledged: on disk, else in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from worker.ends_log import EndsLog

log = logging.getLogger(__name__)

MOST_BYTES = 256 << 20
MOST_UNSAVED_BYTES = 16 << 20
"""So much may lie on disk, and so much in memory, before less of each output is kept."""
RETRY_SECONDS = 5.0


class Spool:
    """Belongs to one thread; any other may read the numbers.

    A disk that takes nothing ends no run: that is said once, the ends stay in memory meanwhile, and
    every few seconds the disk is tried again.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self._log = EndsLog(directory, number)
        self._unsaved: dict[str, bytes] = {}
        self._retry_at = 0.0
        self.failures = 0
        self.is_full = False

    def __len__(self) -> int:
        """How many ends are still to be acknowledged."""
        return len(self._log) + len(self._unsaved)

    @property
    def unsaved(self) -> Sequence[bytes]:
        """The ends that are only in memory."""
        return list(self._unsaved.values())

    @property
    def run_ids(self) -> frozenset[str]:
        """The runs whose ends are still to be acknowledged."""
        return frozenset(self._log.unacknowledged) | self._unsaved.keys()

    @property
    def retry_seconds(self) -> float | None:
        """In how long `add` should be called again, even with nothing; None: not at all."""
        return RETRY_SECONDS if self._unsaved else None

    def add(self, ends: Mapping[str, bytes]) -> None:
        """Keep these ends, on disk if it takes them, and what it did not take before."""
        pending = {**self._unsaved, **ends}
        if not pending:
            return
        if self._unsaved and time.monotonic() < self._retry_at:
            self._unsaved = pending
        else:
            self._write(pending)
        self._measure()

    def acknowledge(self, run_ids: Sequence[str]) -> None:
        """These ends are recorded elsewhere."""
        self._log.acknowledge(run_ids)
        for run_id in run_ids if self._unsaved else ():
            self._unsaved.pop(run_id, None)
        self._measure()

    def _write(self, pending: dict[str, bytes]) -> None:
        try:
            self._log.add(pending.keys(), list(pending.values()))
        except OSError as error:
            if not self._unsaved:
                log.error("ends cannot be written (%s): they are kept in memory meanwhile", error)
            self.failures += 1
            self._unsaved = pending
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return
        if self._unsaved:
            log.warning("ends are written again, %d of them late", len(pending))
            self._unsaved = {}

    def _measure(self) -> None:
        in_memory = sum(map(len, self._unsaved.values())) if self._unsaved else 0
        full = self._log.size > MOST_BYTES or in_memory > MOST_UNSAVED_BYTES
        if full and not self.is_full:
            log.error("ends that nobody records take up their space: less of them is kept")
        self.is_full = full
