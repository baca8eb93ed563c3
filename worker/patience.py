"""Calling a store until it answers, for as long as that makes sense."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from common.errors import StoreLost

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.3
LAST_TRIES = 3
"""So many calls without an answer in a row, and a stop takes the store for away."""

T = TypeVar("T")


class Patience:
    """Owned by one thread; `stop` may be called by any. What it gives up is counted."""

    def __init__(self) -> None:
        self.given_up = 0
        self._stopping = threading.Event()
        self._unanswered = 0
        self._unsure = False

    @property
    def stopping(self) -> bool:
        """Whether nothing is tried again any more."""
        return self._stopping.is_set()

    def was_unsure(self) -> bool:
        """Whether a call was given up whose outcome nobody knows; told once."""
        unsure, self._unsure = self._unsure, False
        return unsure

    @property
    def is_unsure(self) -> bool:
        """Whether that is still to be told."""
        return self._unsure

    def stop(self) -> None:
        """Try nothing again from now on."""
        self._stopping.set()

    def insist(self, call: Callable[[], T], still: Callable[[], bool] = lambda: True) -> T | None:
        """Call until the store answers; None when we stop, or it makes no sense `still`."""
        said = ""
        while not (self.stopping and self._unanswered >= LAST_TRIES):
            try:
                done = call()
            except StoreLost as error:
                self._unanswered += 1
                if str(error) != said:
                    log.warning("the store: %s; trying again", error)
                said = str(error)
            else:
                self._unanswered = 0
                return done
            if not still():
                self._unsure = True
                return None
            if self._stopping.wait(PAUSE_SECONDS):
                break
        self.given_up += 1
        self._unsure = True
        return None
