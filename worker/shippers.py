"""The shipper that runs now: it is started, and another one after pauses that grow."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from common.clock import Clock
from worker.ship_wire import Down, Up
from worker.shipper_process import ShipperError

log = logging.getLogger(__name__)

FIRST_PAUSE, LAST_PAUSE, CALM_SECONDS = 0.1, 10.0, 60.0
END_SECONDS = 1.0
"""What a shipper that is gone may take to end."""


class Line(Protocol):
    """A shipper that runs, as `ShipperProcess` is one."""

    def put(self, message: Down) -> None:
        """Tell it this; returns at once."""

    def end(self, timeout: float) -> None:
        """Wait so long for its end, then end it."""


Start = Callable[[Callable[[Up], None], Callable[[], None]], Line]
"""Starts a shipper: who hears what it says, and that it is over. ShipperError if that fails."""


class Shippers:
    """Belongs to one thread. `heard` hears what a shipper says, `gone` the number of one that is.

    Both are called from other threads.
    """

    def __init__(
        self,
        start: Start,
        clock: Clock,
        heard: Callable[[Up], None],
        gone: Callable[[int], None],
    ) -> None:
        self._start = start
        self._clock = clock
        self._heard = heard
        self._gone = gone
        self._number = 0
        self._start_at = self._started_at = clock.boot()
        self._pause = FIRST_PAUSE
        self.line: Line | None = None

    @property
    def wait(self) -> float | None:
        """In how many seconds one is to be started; None while one runs."""
        return None if self.line else max(0.0, self._start_at - self._clock.boot())

    def begin(self) -> bool:
        """Start one; whether it runs. It is not tried again before its time."""
        self._number += 1
        number = self._number
        try:
            self.line = self._start(self._heard, lambda: self._gone(number))
        except ShipperError as error:
            log.error("%s", error)
            self.rest()
            return False
        self._started_at = self._clock.boot()
        return True

    def bury(self, number: int) -> bool:
        """The shipper of this number is gone; whether it is the one that ran."""
        if self.line is None or number != self._number:
            return False
        self.line.end(END_SECONDS)
        self.line = None
        return True

    def rest(self) -> float:
        """Start no other for a while; how many seconds."""
        now = self._clock.boot()
        if now - self._started_at > CALM_SECONDS:
            self._pause = FIRST_PAUSE
        pause, self._start_at = self._pause, now + self._pause
        self._pause = min(2 * pause, LAST_PAUSE)
        return pause
