"""Asks the log store until it answers, and makes its indexes then; the body of a thread."""

from __future__ import annotations

import threading

from common.errors import LogStoreError, LogStoreUnindexed
from common.log_store import LogStore
from common.log_trouble import LogTrouble

PAUSE_SECONDS = 5.0
UNINDEXED_SECONDS = 60.0
"""So soon an index is asked for again that was refused: it takes somebody to allow it."""


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
        pause = None if self._ready else self._ask()
        self._woken.wait(pause)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait of a step."""
        self._woken.set()

    def close(self) -> None:
        """Nothing is held."""

    def _ask(self) -> float | None:
        """In how many seconds it is to be asked again; None: not at all."""
        try:
            self._logs.ping()
        except LogStoreUnindexed as error:
            self._trouble.unindexed(error)
            return UNINDEXED_SECONDS
        except LogStoreError as error:
            self._trouble.met(error)
            return PAUSE_SECONDS
        self._ready = True
        self._trouble.over()
        return None
