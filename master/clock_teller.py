"""Tells this master's wall clock to all others, by a key of its own; the body of a thread."""

from __future__ import annotations

import logging
import threading

from common.clock import Clock
from common.clock_news import pack_clock
from common.errors import StoreError
from common.own_clock import Retelling
from common.store import Store, put

log = logging.getLogger(__name__)

TELL_SECONDS, LEASE_SECONDS = 10.0, 30.0
RETRY_SECONDS = 1.0


class ClockTeller:
    """Puts the clock under `key` every ten seconds, and when it was set."""

    name = "clock teller"

    def __init__(self, store: Store, clock: Clock, key: str) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._retelling = Retelling(clock, TELL_SECONDS)
        self._lease = 0
        self._said = ""
        self._woken = threading.Event()

    def step(self) -> None:
        """Tell it, if it is time, and wait until it is; what fails is tried again soon."""
        if self._retelling.is_due():
            try:
                self._tell()
                self._said = ""
            except StoreError as error:
                if str(error) != self._said:
                    log.warning("this master's clock is not told (%s); trying again", error)
                self._said = str(error)
        self._woken.wait(RETRY_SECONDS if self._said else self._retelling.left())
        self._woken.clear()

    def wake(self) -> None:
        """End the wait: the clock was set, or the thread is to end."""
        self._woken.set()

    def close(self) -> None:
        """Take the clock away, so that nobody goes by it any more."""
        if self._lease:
            try:
                self._store.revoke(self._lease)
            except StoreError as error:
                log.debug("a lease was not given back (%s); it ends by itself", error)

    def _tell(self) -> None:
        if not self._lease or not self._store.renew(self._lease) > 0:
            self._lease = self._store.grant(LEASE_SECONDS)
        put(self._store, self._key, pack_clock(self._clock.wall_ms()), self._lease)
        self._retelling.told()
