"""What is said of a log store that takes nothing: once, and of a refusal again now and then."""

from __future__ import annotations

import logging
import threading

from common.clock import Clock
from common.errors import FleetcronError, LogStoreLost, LogStoreUnindexed

log = logging.getLogger(__name__)

AGAIN_SECONDS = 600.0
"""So often a refusal is said again: it does not end by itself."""


class LogTrouble:
    """Any thread may tell of it. `why` is the last error's sentence, "" while all is well."""

    def __init__(self, clock: Clock, meanwhile: str) -> None:
        """`meanwhile` is what becomes of records until the trouble is over."""
        self._clock = clock
        self._meanwhile = meanwhile
        self._lock = threading.Lock()
        self._refused: bool | None = None
        self._refuse_at, self._said = float("-inf"), False
        self._unindexed_at = float("-inf")
        self.why = ""

    def met(self, error: FleetcronError) -> None:
        """Something that is tried again was not done."""
        refused = not isinstance(error, LogStoreLost)
        now = self._clock.boot()
        with self._lock:
            self.why = str(error)
            # Who refuses one thing may take another in between: over and over.
            was_lost = self._refused is False
            if (not was_lost and now < self._refuse_at) if refused else was_lost:
                return
            self._refused, self._said = refused, True
            if refused:
                self._refuse_at = now + AGAIN_SECONDS
        level = logging.ERROR if refused else logging.WARNING
        log.log(level, "%s; %s, and it is tried again", error, self._meanwhile)

    def unindexed(self, error: LogStoreUnindexed) -> None:
        """An index was refused to us; that hinders nobody from writing and reading records."""
        if self._refused is False:
            self.over()
        now = self._clock.boot()
        with self._lock:
            if now < self._unindexed_at:
                return
            self._unindexed_at = now + AGAIN_SECONDS
        log.error("%s; searching walks without an index, and it is tried again", error)

    def over(self) -> None:
        """It was done."""
        with self._lock:
            said, self._said = self._said, False
            self.why, self._refused = "", None
        if said:
            log.info("the log store answers again")
