"""Watches the incarnation's deadline on a thread that makes no call which could hold it up."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.clock import Clock
from worker.events import LeaseLost
from worker.presence import Presence
from worker.standing import Standing

log = logging.getLogger(__name__)


class Watchdog:
    """Tells when an incarnation's deadline passes; the body of a thread that makes no call."""

    name = "lease watchdog"

    def __init__(self, presence: Presence, clock: Clock, tell: Callable[[LeaseLost], None]) -> None:
        self._presence = presence
        self._clock = clock
        self._tell = tell
        self._told: Standing | None = None

    def step(self) -> None:
        """Wait until the deadline as it is known now, or news of it, and compare."""
        standing = self._presence.standing
        left = standing.deadline - self._clock.boot() if standing else 0.0
        if standing and left <= 0 and standing != self._told:
            self._told = standing
            log.warning(
                "incarnation %s could not renew its lease in time: nothing is claimed or started",
                standing.incarnation,
            )
            self._tell(LeaseLost(standing.incarnation))
        self._presence.changed.wait(left if left > 0 else None)
        self._presence.changed.clear()

    def wake(self) -> None:
        """End the wait."""
        self._presence.changed.set()

    def close(self) -> None:
        """Nothing is held."""
