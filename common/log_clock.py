"""Asks the log store for its clock every few seconds; the body of a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.clock import Clock, read
from common.clocks import Clocks
from common.errors import LogStoreError
from common.log_store import LogStore
from common.own_clock import Retelling

log = logging.getLogger(__name__)

ASK_SECONDS = 10.0
SLOWEST_SECONDS = 2.0
"""An answer that took longer tells too little."""
SOURCE = "log store"


class LogClock:
    """Half of the time that an answer took is added to it."""

    name = "log store's clock"

    def __init__(
        self,
        logs: LogStore,
        clock: Clock,
        clocks: Clocks,
        heard: Callable[[], object] = lambda: None,
    ) -> None:
        """`heard` is called when the clock was told."""
        self._logs = logs
        self._heard = heard
        self._has_clock = True
        self._clock = clock
        self._clocks = clocks
        self._woken = threading.Event()
        self._asking = Retelling(clock, ASK_SECONDS)

    def step(self) -> None:
        """Ask, if it is time or our own clock was set, and wait until it is.

        A log store without a clock is not asked again: that it has none is no trouble of its own.
        """
        if self._has_clock and self._asking.is_due():
            self.ask()
        self._woken.wait(self._asking.left() if self._has_clock else None)
        self._woken.clear()

    def ask(self) -> None:
        """Ask once; a log store that does not answer or has no clock of its own is not heard."""
        self._asking.told()
        begun = self._clock.boot()
        try:
            wall_ms = self._logs.clock()
        except LogStoreError as error:
            log.debug("the log store's clock is not known (%s); asking again soon", error)
            return
        now = read(self._clock)
        took = now.boot - begun
        self._has_clock = wall_ms is not None
        if wall_ms is not None and took <= SLOWEST_SECONDS:
            self._clocks.measured(SOURCE, wall_ms, now, took)
            self._heard()

    def wake(self) -> None:
        """End the wait: our clock was set, or the thread is to end."""
        self._woken.set()

    def close(self) -> None:
        """Nothing is held."""
