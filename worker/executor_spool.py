"""Where an executor keeps ends until they are acknowledged: on disk, else in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from worker.end_words import NOT_KEPT
from worker.ends_full import Full
from worker.ends_log import EndsLog
from worker.ends_part import Place
from worker.kept_end import KeptEnd
from worker.orders import MOST_OVER, Ends
from worker.spool_bounds import OutputBounds
from worker.unsaved_ends import Unsaved

log = logging.getLogger(__name__)

LOOK_SECONDS, RETRY_SECONDS = 3600.0, 5.0


class Spool:
    """Belongs to one thread; any other may read the numbers.

    It is to use `share` bytes of disk; outputs are kept there for `output_seconds` at most. A disk
    that takes nothing ends no run: that is said once, the ends stay in memory meanwhile, and every
    few seconds the disk is tried again. `cut` counts the ends of which less output was kept.
    `full` is what is to be told of whether more is to be run.
    """

    def __init__(
        self,
        directory: Path,
        number: int,
        share: int = 256 << 20,
        output_seconds: float = 7 * 86400.0,
    ) -> None:
        self._log = EndsLog(directory, number, share)
        self._bounds = OutputBounds(share)
        self._unsaved = Unsaved(share)
        self._retry_at = 0.0
        self._error = OSError()
        self._failing, self._late = False, 0
        self._output_seconds = output_seconds
        self._look_seconds = min(LOOK_SECONDS, output_seconds / 2)
        self._look_at = time.monotonic() + self._look_seconds
        self.cut = 0
        self.full = Full(number)

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
        return self._unsaved.ends

    @property
    def run_ids(self) -> frozenset[str]:
        """The runs whose ends are still to be acknowledged."""
        return frozenset(self._log.unacknowledged) | self._unsaved.run_ids

    @property
    def retry_seconds(self) -> float | None:
        """In how long `add` should be called again, even with nothing; None: not at all."""
        if self._unsaved:
            return RETRY_SECONDS
        return max(0.0, self._look_at - time.monotonic()) if self._log else None

    def prepare(self) -> None:
        """Take the room that is kept back on disk."""
        self._log.look()

    def add(self, ends: Sequence[KeptEnd]) -> tuple[Sequence[Ends], Sequence[KeptEnd]]:
        """Keep these ends, on disk if it takes them, and what it did not take before.

        What is to be told of those on disk, and those that are only in memory.
        """
        self._tidy(time.monotonic())
        told: list[Ends] = []
        left = ends if self._unsaved else self._keep(ends, told)
        self._hold(left)
        self._say_again(bool(told))
        self._bounds.say(self._log.size, self._log.is_full)
        self._judge()
        return told, left

    def acknowledge(self, run_ids: Sequence[str]) -> None:
        """These ends are recorded elsewhere."""
        self._log.acknowledge(run_ids)
        self._unsaved.drop(run_ids)
        self._judge()

    def _judge(self) -> None:
        """See whether more is to be run, and say so once."""
        if self._unsaved.is_full == bool(self.full.why):
            return
        why = self._error.strerror or str(self._error)
        self.full = replace(self.full, why=why if self._unsaved.is_full else "")
        if self.full.why:
            log.error("no run is taken: %d ends are in memory alone", len(self._unsaved))
        else:
            log.warning("ends can be kept again, and runs are taken")

    def _tidy(self, now: float) -> None:
        """Do what is due: look for room, try what the disk did not take, thin what lies long."""
        if now >= self._retry_at and (self._unsaved or self._log.is_short):
            self._retry_at = now + RETRY_SECONDS
            self._log.look()
            self._save()
        if now >= self._look_at:
            self._look_at = now + self._look_seconds
            self._thin()

    def _save(self) -> None:
        """Try once more to write what is only in memory; of it nothing is told anew."""
        while late := self._unsaved.oldest(MOST_OVER):
            left = self._keep(late, [])
            self._unsaved.drop(end.run_id for end in late[: len(late) - len(left)])
            self._late += len(late) - len(left)
            if left:
                break

    def _keep(self, ends: Sequence[KeptEnd], told: list[Ends]) -> Sequence[KeptEnd]:
        """Write ends with what there is room for; those that could not be written at all."""
        left = self._write(self._bounds.fitted(ends, self._log.size, self._log.is_full), told)
        left = ends[len(ends) - len(left) :]
        if left and self._log.is_full:
            bare = self._write([end.less(0, NOT_KEPT) for end in left], told, last=True)
            left = left[len(left) - len(bare) :]
        return left

    def _write(
        self, ends: Sequence[KeptEnd], told: list[Ends], last: bool = False
    ) -> Sequence[KeptEnd]:
        """Write ends as they are, and add what is to be told of them; those that were not."""
        while ends:
            try:
                where = self._log.add(ends, last)
            except OSError as error:
                self._error = error
                break
            written, ends = ends[: len(where.offsets)], ends[len(where.offsets) :]
            self.cut += sum(end.cut for end in written)
            over = tuple(map(KeptEnd.over, written, where.offsets))
            told.append(Ends(where.part, where.turn, where.offsets[0], where.end, over, self.cut))
        return ends

    def _hold(self, ends: Sequence[KeptEnd]) -> None:
        """Keep ends in memory that the disk does not take."""
        if ends and not self._failing:
            log.error("ends cannot be written (%s): they are kept in memory meanwhile", self._error)
            self._failing = True
        # A look that is due stays so: what comes here may be recorded, and more come, all the time.
        if ends and self._retry_at <= (now := time.monotonic()):
            self._retry_at = now + RETRY_SECONDS
        self._unsaved.hold(ends)

    def _say_again(self, told: bool) -> None:
        """Say that the disk takes ends again, once nothing is in memory alone."""
        if self._failing and not self._unsaved and (told or self._late):
            log.warning("ends are written again, %d of them late", self._late)
            self._failing, self._late = False, 0

    def _thin(self) -> None:
        count = self._log.thin(time.clock_gettime(time.CLOCK_BOOTTIME) - self._output_seconds)
        if count:
            self.cut += count
            log.error("%d outputs are gone that waited too long to be recorded", count)
