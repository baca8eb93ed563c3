"""Where an executor keeps ends until they are acknowledged: on disk, else in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

from worker.ends_log import EndsLog, Place
from worker.kept_end import KeptEnd
from worker.orders import Ends

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
        self._unsaved: dict[str, KeptEnd] = {}
        self._retry_at = 0.0
        self.failures = 0
        self.is_full = False

    def __len__(self) -> int:
        """How many ends are still to be acknowledged."""
        return len(self._log) + len(self._unsaved)

    @property
    def places(self) -> Sequence[Place]:
        """Where ends lie on disk, oldest first."""
        return self._log.places

    @property
    def unsaved(self) -> Sequence[KeptEnd]:
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

    def add(self, ends: Sequence[KeptEnd]) -> Ends | None:
        """Keep these ends, on disk if it takes them, and what it did not take before.

        What is to be told of them; None where they are only in memory.
        """
        if self._unsaved and time.monotonic() >= self._retry_at:
            self._save()
        told = self._write(ends) if ends and not self._unsaved else None
        if told is None:
            self._unsaved.update((end.run_id, end) for end in ends)
        self._measure()
        return told

    def acknowledge(self, run_ids: Sequence[str]) -> None:
        """These ends are recorded elsewhere."""
        self._log.acknowledge(run_ids)
        for run_id in run_ids if self._unsaved else ():
            self._unsaved.pop(run_id, None)
        self._measure()

    def _save(self) -> None:
        """Try once more to write what is only in memory."""
        late = list(self._unsaved.values())
        if self._write(late):
            log.warning("ends are written again, %d of them late", len(late))
            self._unsaved = {}

    def _write(self, ends: Sequence[KeptEnd]) -> Ends | None:
        try:
            written = self._log.add([end.run_id for end in ends], [end.kept for end in ends])
        except OSError as error:
            if not self._unsaved:
                log.error("ends cannot be written (%s): they are kept in memory meanwhile", error)
            self.failures += 1
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return None
        over = tuple(map(KeptEnd.over, ends, written.offsets))
        return Ends(written.part, written.turn, written.offsets[0], written.end, over)

    def _measure(self) -> None:
        in_memory = sum(len(end.kept) for end in self._unsaved.values()) if self._unsaved else 0
        full = self._log.size > MOST_BYTES or in_memory > MOST_UNSAVED_BYTES
        if full and not self.is_full:
            log.error("ends that nobody records take up their space: less of them is kept")
        self.is_full = full
