"""How a run is told to end: a switch of its own, so that a late kill never hits another run.

The event behind it is that of the thread, which has one run at a time.
"""

import os
import threading


class KillSwitch:
    """One run's kill: pulled from any thread, waited for through `fd` by the thread that runs it.

    The first pull's reason counts; a pull before `open` or after `close` harms nothing.
    `at_once` says that the run has no grace, or no longer. Whoever calls a run off, and whoever
    lets it begin, does so here: so one of the two comes first.
    """

    def __init__(self) -> None:
        self.fd = -1
        self.reason: str | None = None
        self.at_once = False
        self._begun = False
        self._lock = threading.Lock()

    def open(self, event: int) -> None:
        """Make this event, on which nobody else waits, readable from the first pull on."""
        with self._lock:
            self.fd = event
            if self.reason is not None:
                os.eventfd_write(event, 1)

    def begin(self) -> bool:
        """Let the run begin, which is called off no more; False where it was to end before."""
        with self._lock:
            self._begun = self.reason is None
            return self._begun

    def call_off(self, reason: str) -> None:
        """Keep the run from beginning; one that has begun goes on."""
        with self._lock:
            if not self._begun:
                self._pull(reason, False)

    def pull(self, reason: str, at_once: bool = False) -> None:
        """Ask the run to end, after its grace or `at_once`; returns immediately."""
        with self._lock:
            self._pull(reason, at_once)

    def heard(self) -> None:
        """Make `fd` unreadable until more is asked; by the thread that saw it readable."""
        os.eventfd_read(self.fd)

    def close(self) -> None:
        """Leave the event as it was found, for another run; safe twice and when never opened."""
        with self._lock:
            event, self.fd = self.fd, -1
            if event >= 0 and self.reason is not None:
                _drain(event)

    def _pull(self, reason: str, at_once: bool) -> None:
        if self.reason is not None and (self.at_once or not at_once):
            return
        if self.reason is None:
            self.reason = reason
        self.at_once = at_once
        if self.fd >= 0:
            os.eventfd_write(self.fd, 1)


def _drain(event: int) -> None:
    try:
        os.eventfd_read(event)
    except BlockingIOError:
        pass  # It was heard.
