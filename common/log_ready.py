"""Asks the log store until it answers, and makes its indexes then; the body of a thread."""

from __future__ import annotations

import threading

from common.errors import LogStoreError
from common.log_store import LogStore
from common.log_trouble import LogTrouble

PAUSE_SECONDS = 5.0


class LogReady:
    """A daemon does its work without the log store; that it is away is said once, by this.

    An index that is missing may take minutes to be made, in which records come and are read.
    """

    name = "log store's readiness"

    def __init__(self, logs: LogStore, trouble: LogTrouble) -> None:
        """`trouble` is told that it is away; others who ask it may tell the same one."""
        self._logs = logs
        self._trouble = trouble
        self._ready = False
        self._woken = threading.Event()

    def step(self) -> None:
        """Ask once, then wait until it is time to ask again; for ever once it has answered."""
        if not self._ready:
            self._ask()
        self._woken.wait(None if self._ready else PAUSE_SECONDS)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait of a step."""
        self._woken.set()

    def close(self) -> None:
        """Nothing is held."""

    def _ask(self) -> None:
        try:
            self._logs.ping()
        except LogStoreError as error:
            self._trouble.met(error)
            return
        self._ready = True
        self._trouble.over()
