"""What a run prints, as lines for the journal: masked, bounded, and never waited for."""

from __future__ import annotations

import logging

from common.job import Job
from worker.journal_way import JournalWay
from worker.masks import LEAST_BYTES, Masks, masked

log = logging.getLogger(__name__)

LONGEST_LINE_BYTES = 32768
"""A longer line is told in pieces."""
MOST_LINES, PERIOD_MS = 10_000, 30_000
"""So many lines of one run in so long; what is beyond that costs a run's neighbours too much."""


class JournalOutput:
    """Takes what one run prints and tells the journal; belongs to the run's thread."""

    def __init__(self, way: JournalWay, job: Job, run_id: str, masks: Masks) -> None:
        self.lost = 0
        """How many lines the journal did not get."""
        self._way = way
        self._job, self._run_id = (each.encode("utf-8", "replace") for each in (job.name, run_id))
        self._masks = masks
        self._rest = b""
        self._skip = self._known = 0
        """Of the rest, what is told or lost, and what is secret by what stood before it."""
        self._period, self._asked = 0, 0

    def take(self, printed: bytes, ms: int) -> None:
        """Tell the lines that are whole now; `ms` is the time since the command's start."""
        if ms // PERIOD_MS != self._period:
            self._period, self._asked = ms // PERIOD_MS, 0
        block = self._rest + printed
        if self._asked >= MOST_LINES:
            self.lost += printed.count(b"\n")
            # So much is kept as a secret may have that goes on in what comes next.
            self._rest = block[max(0, len(block) - self._masks.longest) :]
            self._skip, self._known = len(self._rest), 0
            return
        begun = len(block) - self._masks.begun(block)
        cover = self._masks.cover(block, self._known)
        end = self._tell_lines(block, cover, max(self._skip, begun))
        low = min(end, begun)
        self._rest, self._skip = block[low:], end - low
        shown = cover.find(0, low)
        self._known = (len(block) if shown < 0 else shown) - low

    def _tell_lines(self, block: bytes, cover: bytearray, most: int) -> int:
        """Tell what is whole of the first `most` bytes; how many of them were told."""
        low = self._skip
        end = max(low, block.rfind(b"\n", low, most) + 1)
        if end > low:
            self._tell(masked(block[low:end], cover[low:end]))
        while most - end >= LONGEST_LINE_BYTES:
            low, end = end, end + LONGEST_LINE_BYTES
            self._tell(masked(block[low:end], cover[low:end]))
        return end

    def finish(self) -> None:
        """Nothing more comes: tell the last line, and log how many did not get there."""
        rest, self._rest = self._rest, b""
        if len(rest) > self._skip:
            cover = self._masks.cover(rest, self._known)
            if (begun := self._masks.begun(rest)) >= LEAST_BYTES:
                cover[len(rest) - begun :] = b"\1" * begun
            self._tell(masked(rest[self._skip :], cover[self._skip :]))
        if self.lost:
            run = self._job.decode(), self._run_id.decode()
            log.warning("job=%s run=%s %d lines did not get into the journal", *run, self.lost)

    def _tell(self, shown: bytes) -> None:
        for line in shown.removesuffix(b"\n").split(b"\n"):
            self._send(line.removesuffix(b"\r"))

    def _send(self, line: bytes) -> None:
        # What the journal refuses counts too: to ask it costs as much.
        self._asked += 1
        if self._asked > MOST_LINES or not self._way.send(self._job, self._run_id, line):
            self.lost += 1
