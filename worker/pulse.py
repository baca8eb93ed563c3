"""The scheduler's pulse: a worker whose scheduler hangs must not keep its leases for ever."""

from __future__ import annotations

import logging

from common.clock import Clock

log = logging.getLogger(__name__)

LEAST_SECONDS = 5.0


class Pulse:
    """When the scheduler ticked last, or is to tick again. It beats on the scheduler's thread, any
    may ask.

    Before the first beat and after `rest` nobody ticks, and nobody is missed.
    """

    def __init__(self, clock: Clock, lost_after: float) -> None:
        self._clock = clock
        self._patience = max(lost_after / 3, LEAST_SECONDS)
        self._last: float | None = None
        self._missed = 0

    def beat(self) -> None:
        """The scheduler goes on."""
        self._last = self._clock.boot()

    def pause(self, seconds: float) -> None:
        """The scheduler waits for an event, so long at most, which may be for ever (inf)."""
        self._last = self._clock.boot() + seconds

    def rest(self) -> None:
        """The scheduler has come to its end."""
        self._last = None

    @property
    def rests(self) -> bool:
        """Whether the scheduler has come to its end in order, or never began."""
        return self._last is None

    def missing(self) -> float:
        """How long it should have ticked and has not, seconds; 0 while that is not too long."""
        last = self._last
        silent = self._clock.boot() - last if last is not None else 0.0
        return silent if silent > self._patience else 0.0

    def is_felt(self) -> bool:
        """Whether leases are to be renewed; asked, and said in the log, by the thread that does it.

        A worker that was frozen may ask once before its scheduler ticks.
        """
        missing = self.missing()
        if not missing:
            if self._missed > 1:
                log.info("the scheduler ticks again; the leases are renewed")
            self._missed = 0
            return True
        self._missed += 1
        if self._missed == 2:
            log.error(
                "the scheduler has not ticked for %.0f s: the leases are not renewed", missing
            )
        return False
