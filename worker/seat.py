"""What a thread that runs commands has for all of them: descriptors that are made once."""

from __future__ import annotations

import os

REPORT_BYTES = 512


class Seat:
    """Belongs to one thread, which has at most one run at a time.

    `null` is a stdin with nothing in it, which is not its own. `kill` is an event by which
    the run is told to end.
    """

    def __init__(self, null: int) -> None:
        self.null = null
        self.kill = self._report = self._reports = -1

    def open(self) -> None:
        """Make the event, unless it is there; OSError when descriptors have run out."""
        if self.kill < 0:
            self.kill = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    @property
    def report(self) -> int:
        """Where the helper, which inherits it, says why it did not start its command; OSError as
        `open`.
        """
        if self._report < 0:
            self._reports, self._report = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        return self._report

    def reported(self) -> bytes:
        """What was reported since the last time, b"" for nothing."""
        try:
            return os.read(self._reports, REPORT_BYTES) if self._reports >= 0 else b""
        except BlockingIOError:
            return b""
