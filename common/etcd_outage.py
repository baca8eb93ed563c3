"""What the log says of something that is broken for a while: at first, now and then, at last."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

_REMIND_SECONDS = 60.0


class Outage:
    """Speaks of one thing: loudly when it breaks, when it breaks in another way, once a minute."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since: float | None = None
        self._said = 0.0
        self._kind: type[Exception] | None = None

    def broke(self, error: Exception, pause: float) -> None:
        """It broke, or is still broken; `pause` seconds from now it is tried again."""
        now = time.monotonic()
        reminded = self._kind is type(error) and now < self._said + _REMIND_SECONDS
        self._kind = type(error)
        self._since = now if self._since is None else self._since
        if reminded:
            log.debug("%s is still broken: %s; trying again in %.1f s", self._what, error, pause)
            return
        self._said = now
        log.warning("%s broke: %s; trying again in %.1f s", self._what, error, pause)

    def mended(self) -> None:
        """It works; said only after it was broken."""
        if self._since is not None:
            log.info("%s goes on after %.1f s", self._what, time.monotonic() - self._since)
            self._since = self._kind = None
