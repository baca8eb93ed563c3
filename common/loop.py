"""A thread that runs one part of a daemon, step by step, until it is asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

Died = Callable[[str, BaseException], None]
"""Is told the name of a part that ended unexpectedly, and the error."""


class Steps(Protocol):
    """The body of a thread: plain, so that tests call it without one."""

    name: str

    def step(self) -> None:
        """Wait for the next thing and handle it; returns soon after `wake`."""

    def wake(self) -> None:
        """End the wait of a step; called from any thread, also before the first step."""

    def close(self) -> None:
        """Drain or flush, once, after the last step, on the same thread."""


@runtime_checkable
class Patient(Protocol):
    """A body or a part whose stop may take long, and can be cut short."""

    def hurry(self) -> None:
        """Take no more time to stop than is needed; called from any thread."""


@runtime_checkable
class Hesitant(Protocol):
    """A body or a part that is not yet what it is to be when it has started."""

    def await_ready(self, timeout: float) -> bool:
        """Wait until it is, `timeout` seconds at most; whether so."""


class Part(Protocol):
    """Something a daemon starts and stops."""

    name: str

    def start(self) -> None:
        """Begin; returns at once."""

    def ask(self) -> None:
        """Ask it to stop; safe twice and before start."""

    def join(self, timeout: float) -> bool:
        """Wait for its end; whether it ended; safe twice and when it never started."""


class Loop:
    """Runs a part's steps on a thread of its own until asked to stop, then closes it."""

    def __init__(self, body: Steps, died: Died) -> None:
        self.name = body.name
        self._body = body
        self._died = died
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=body.name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask(self) -> None:
        """Ask the part to stop and wake it."""
        self._stopping.set()
        self._body.wake()

    def hurry(self) -> None:
        """Ask a part that takes its time to stop to take no more; others have none to lose."""
        if isinstance(self._body, Patient):
            self._body.hurry()

    def await_ready(self, timeout: float) -> bool:
        """Wait until the part is what it is to be; most are at once."""
        return not isinstance(self._body, Hesitant) or self._body.await_ready(timeout)

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; True once it is over."""
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._body.step()
            self._body.close()
        except BaseException as error:  # noqa: BLE001  (told to the daemon, which ends)
            self._died(self.name, error)
