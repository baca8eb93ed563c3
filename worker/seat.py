"""What a thread that runs commands has for all of them: descriptors that are made once."""

from __future__ import annotations

import ctypes
import os

from worker.cpus import Cpus

REPORT_BYTES = 512

_libc = ctypes.PyDLL(None)


class Seat:
    """Belongs to one thread, which has at most one run at a time.

    `null` is a stdin with nothing in it; that and `cpus` are not its own. `kill` is an event by
    which the run is told to end.
    `report` is where a child that does not become its command says why, and `reports` where that
    is read; no command inherits either.
    """

    def __init__(self, null: int, cpus: Cpus) -> None:
        self.null = null
        self.cpus = cpus
        self.kill = self.report = self.reports = self._helpers = -1
        self._buffer = ctypes.create_string_buffer(REPORT_BYTES)

    def open(self) -> None:
        """Make the descriptors, unless they are there; OSError when these have run out."""
        if self.reports < 0:
            self.reports, self.report = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.kill < 0:
            self.kill = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    @property
    def helpers_report(self) -> int:
        """Another descriptor of `report`, which the helper inherits; OSError as `open`."""
        if self._helpers < 0:
            self._helpers = os.dup(self.report)
        return self._helpers

    def reported(self) -> bytes:
        """What was reported since the last time, b"" for nothing.

        By a call that no other thread gets in at: this is asked after every spawn.
        """
        length = _libc.read(self.reports, self._buffer, REPORT_BYTES)
        return self._buffer.raw[:length] if length > 0 else b""

    def close(self) -> None:
        """Give all back but `null`; safe twice."""
        for descriptor in (self.kill, self.report, self.reports, self._helpers):
            if descriptor >= 0:
                os.close(descriptor)
        self.kill = self.report = self.reports = self._helpers = -1
