"""What a run prints, as lines for the journal: masked, bounded, and never waited for."""

from __future__ import annotations

import logging

from common.job import Job
from worker.journal_way import JournalWay
from worker.masks import Masks

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
        self._cut = False
        self._period, self._asked = 0, 0

    def take(self, printed: bytes, ms: int) -> None:
        """Tell the lines that are whole now; `ms` is the time since the command's start."""
        if ms // PERIOD_MS != self._period:
            self._period, self._asked = ms // PERIOD_MS, 0
        if self._asked >= MOST_LINES:
            self.lost += printed.count(b"\n")
            self._rest, self._cut = b"", True
            return
        block = self._rest + printed
        end = self._masks.clear_end(block)
        if end:
            self._tell(block[:end])
        self._rest = block[end:]
        while len(self._rest) - (begun := self._masks.begun(self._rest)) >= LONGEST_LINE_BYTES:
            cut = min(LONGEST_LINE_BYTES, len(self._rest) - begun)
            piece, self._rest = self._rest[:cut], self._rest[cut:]
            self._send(self._masks.hide(piece, self._cut, cut_end=True))
            self._cut = True

    def finish(self) -> None:
        """Nothing more comes: tell the last line, and log how many did not get there."""
        if self._rest:
            self._tell(self._rest)
            self._rest = b""
        if self.lost:
            run = self._job.decode(), self._run_id.decode()
            log.warning("job=%s run=%s %d lines did not get into the journal", *run, self.lost)

    def _tell(self, text: bytes) -> None:
        shown = self._masks.hide(text, cut_start=self._cut).removesuffix(b"\n")
        self._cut = False
        for line in shown.split(b"\n"):
            self._send(line.removesuffix(b"\r"))

    def _send(self, line: bytes) -> None:
        # What the journal refuses counts too: to ask it costs as much.
        self._asked += 1
        if self._asked > MOST_LINES or not self._way.send(self._job, self._run_id, line):
            self.lost += 1
