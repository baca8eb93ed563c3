"""How a run is told to end: a switch of its own, so that a late kill never hits another run."""

import os
import threading


class KillSwitch:
    """One run's kill: pulled from any thread, waited for through `fd` by the thread that runs it.

    The first pull's reason counts; a pull before `open` or after `close` harms nothing.
    `at_once` says that the run has no grace, or no longer.
    """

    def __init__(self) -> None:
        self.fd = -1
        self.reason: str | None = None
        self.at_once = False
        self._lock = threading.Lock()

    def open(self) -> None:
        """Make `fd`, readable from the first pull on; OSError when descriptors have run out."""
        with self._lock:
            pulled = self.reason is not None
            self.fd = os.eventfd(int(pulled), os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def pull(self, reason: str, at_once: bool = False) -> None:
        """Ask the run to end, after its grace or `at_once`; returns immediately."""
        with self._lock:
            if self.reason is not None and (self.at_once or not at_once):
                return
            if self.reason is None:
                self.reason = reason
            self.at_once = at_once
            if self.fd >= 0:
                os.eventfd_write(self.fd, 1)

    def heard(self) -> None:
        """Make `fd` unreadable until more is asked; by the thread that saw it readable."""
        os.eventfd_read(self.fd)

    def close(self) -> None:
        """Give the descriptor back; safe twice and when never opened."""
        with self._lock:
            if self.fd >= 0:
                os.close(self.fd)
            self.fd = -1
