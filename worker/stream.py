"""What a command prints, on its way: kept, searched, and told to the journal, as its job says."""

from __future__ import annotations

import threading
from collections.abc import Callable

from common.job import Job
from worker.journal_output import JournalOutput
from worker.journal_way import JournalWay
from worker.live_tap import FIRST_BYTES, Tap
from worker.masks import Masks
from worker.output import NOTHING, Kept, Output
from worker.output_search import Found, Search


class Stream:
    """Takes all that one run prints; belongs to the run's thread, but for who follows it.

    `masks` hide its secrets in everything that comes out of here.
    """

    def __init__(self, job: Job, run_id: str, masks: Masks, way: JournalWay) -> None:
        """ValueError when the job's pattern is none."""
        self._masks = masks
        self._sizes = job.output_head_bytes, job.output_tail_bytes
        self._output: Output | None = None
        self._search = Search(job.fail_pattern) if job.fail_pattern else None
        self._journal = JournalOutput(way, job, run_id, masks) if job.journal else None
        self._tap: Tap | None = None
        self._tapping = threading.Lock()

    def take(self, printed: bytes, ms: int) -> None:
        """Add what was printed next, and read `ms` after the command's start."""
        with self._tapping:
            if self._output is None:
                self._output = Output(*self._sizes)
            if self._tap is not None:
                self._tap.take(self._output.total, printed)
            self._output.take(printed, ms)
        if self._search is not None:
            self._search.take(printed)
        if self._journal is not None:
            self._journal.take(printed, ms)

    def follow(self, printed: Callable[[], None]) -> Tap:
        """From any thread: a tap for what is kept and for all that comes, in place of another.

        `printed` is called when there is something to be pulled where there was nothing.
        """
        with self._tapping:
            head, tail = self._output.shown(*FIRST_BYTES) if self._output else (b"", b"")
            self._tap = Tap(self._masks, head, self.total - len(tail), tail, printed)
            return self._tap

    def let_go(self, tap: Tap) -> None:
        """From any thread: nobody looks at the tap any more."""
        with self._tapping:
            if self._tap is tap:
                self._tap = None

    def finish(self) -> str:
        """The command is over: what its output says of a failure, "" when nothing."""
        if self._journal is not None:
            self._journal.finish()
        found = self._search.finish() if self._search else None
        return self._told(found) if found else ""

    def _told(self, found: Found) -> str:
        shown = self._masks.hide(found.excerpt, found.cut_start, found.cut_end)
        text = shown.decode("utf-8", "replace").replace("\r", "")
        around = ("... " * found.cut_start, " ..." * found.cut_end)
        return f"line {found.line} of its output matches failPattern: {text.join(around)}"

    def kept(self) -> Kept:
        """What goes into the record."""
        return self._output.kept(self._masks) if self._output else NOTHING

    @property
    def total(self) -> int:
        """How many bytes were printed."""
        return self._output.total if self._output else 0

    @property
    def truncated(self) -> bool:
        """Whether not all of them are kept."""
        return self._output is not None and self._output.truncated
