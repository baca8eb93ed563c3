"""The scheduler's pulse: a worker whose scheduler hangs must not keep its leases for ever."""

from __future__ import annotations

from common.clock import Clock

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
