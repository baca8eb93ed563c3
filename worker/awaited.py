"""The watermarks that were asked for: how many are still to come, and what is said of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from worker.collector import give_back

log = logging.getLogger(__name__)

MANY = 1_000
"""Where so many jobs are there the log says when those that were found together are armed."""
AHEAD_MS = 60_000
"""A watermark that lies so far ahead was moved by a clock that was wrong, or by hand."""


class Awaited:
    """Counts them from when many were asked for at once until the last of these has come.

    With `more` further jobs are still to be found.
    """

    def __init__(self) -> None:
        self._count = 0
        self.more = False

    def asked(self, count: int, known: int) -> None:
        """So many were asked for, of so many jobs that are known."""
        if self._count or (count > 1 and known >= MANY):
            self._count += count

    def arrived(self, count: int, known: int) -> None:
        """So many fewer are awaited; of the last of many the log speaks."""
        if self._count:
            self._count = max(0, self._count - count)
            if not self._count and not self.more:
                give_back()
                log.info("%d jobs are known, and ours are armed", known)


def say_ahead(watermarks: Mapping[str, int], now_ms: int) -> None:
    """Say which jobs rest: a clock or a hand that was ahead moved their watermarks (epoch ms)."""
    ahead = {name: fired for name, fired in watermarks.items() if fired > now_ms + AHEAD_MS}
    if ahead:
        longest, until = max(ahead.items(), key=lambda item: item[1])
        at = datetime.fromtimestamp(until / 1000, UTC).isoformat(timespec="seconds")
        log.warning(
            "jobs that rest, since their watermarks lie ahead of the clock: %d; longest"
            " job=%s, until %s", len(ahead), longest, at,
        )  # fmt: skip
