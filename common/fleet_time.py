"""All that a daemon needs to know whether its clock is right, in one."""

from __future__ import annotations

import threading
import time

from common.clock import Clock
from common.clock_news import ClockNews
from common.clocks import Clocks
from common.log_clock import LogClock
from common.log_store import LogStore
from common.trusted_clock import TrustedClock

FIRST_SECONDS = 0.5
"""So long a start waits for the log store's clock."""


class FleetTime:
    """The clocks heard (`clocks`), who hears them, and our own as it is judged by them (`ours`).

    `news` belongs to the thread of the daemon's watch, `log_clock` is the body of one of its own.
    It is a part itself, to be started before any that goes by our clock: the log store is asked
    when it is made, and its start waits for the answer, so that a wrong clock is known from the
    start. But one that is away is not waited for.
    """

    name = "first clock"

    def __init__(self, clock: Clock, logs: LogStore, me: str, means: str) -> None:
        """`me` is the key that tells our clock; `means` says what is not done while it is off."""
        self.clocks = Clocks()
        self.ours = TrustedClock(clock, self.clocks, means)
        self.news = ClockNews(self.clocks, clock, me, self.ours.trusted_ms)
        self.log_clock = LogClock(logs, clock, self.clocks, self.ours.trusted_ms)
        self._asking = threading.Thread(target=self.log_clock.ask, name=self.name, daemon=True)
        self._asking.start()
        self._until = time.monotonic() + FIRST_SECONDS

    def start(self) -> None:
        """Return when the log store was heard, or has had its time."""
        self._asking.join(max(0.0, self._until - time.monotonic()))

    def ask(self) -> None:
        """Nothing is to be stopped."""

    def join(self, timeout: float) -> bool:
        """Whether nothing is left to wait for: an answer that is still to come harms nobody."""
        return True
