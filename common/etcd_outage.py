"""What the log says of something that is broken for a while: at first, now and then, at last."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

_REMIND_SECONDS = 60.0


class Outage:
    """Speaks of one thing, loudly when it breaks and once a minute while it stays broken."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since: float | None = None
        self._said = 0.0

    def broke(self, error: Exception, pause: float) -> None:
        """It broke, or is still broken; `pause` seconds from now it is tried again."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        elif now < self._said + _REMIND_SECONDS:
            log.debug("%s is still broken: %s; trying again in %.1f s", self._what, error, pause)
            return
        self._said = now
        log.warning("%s broke: %s; trying again in %.1f s", self._what, error, pause)

    def mended(self) -> None:
        """It works; said only after it was broken."""
        if self._since is not None:
            log.info("%s goes on after %.1f s", self._what, time.monotonic() - self._since)
            self._since = None
