"""How a run is told to end: a switch of its own, so that a late kill never hits another run."""

import os
import threading


class KillSwitch:
    """One run's kill: pulled from any thread, waited for through `fd` by the thread that runs it.

    The first pull counts; a pull before `open` or after `close` harms nothing.
    """

    def __init__(self) -> None:
        self.fd = -1
        self.reason: str | None = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Make `fd`, readable from the first pull on; OSError when descriptors have run out."""
        with self._lock:
            pulled = self.reason is not None
            self.fd = os.eventfd(int(pulled), os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def pull(self, reason: str) -> None:
        """Ask the run to end; returns at once."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            if self.fd >= 0:
                os.eventfd_write(self.fd, 1)

    def close(self) -> None:
        """Give the descriptor back; safe twice and when never opened."""
        with self._lock:
            if self.fd >= 0:
                os.close(self.fd)
            self.fd = -1
