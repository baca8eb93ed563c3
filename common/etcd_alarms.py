"""Whether etcd takes writes: what its alarms say, and what came of the writes so far."""

from __future__ import annotations

import logging
import time

from common.errors import StoreRefused
from common.etcd_calls import EtcdCalls
from common.etcd_protocol import STATUS

log = logging.getLogger(__name__)

FULL = (
    "etcd takes no writes: its space quota is used up (alarm NOSPACE); nothing can be saved and"
    " due instants wait until it is compacted and defragmented, and the alarm disarmed"
)
CORRUPT = "etcd takes no writes: its members' data differ (alarm CORRUPT)"
_SENTENCES = {"alarm:NOSPACE": FULL, "alarm:CORRUPT": CORRUPT}
_QUIET_SECONDS = 10.0
"""Some kinds of writes pass a full etcd: only when none was refused for so long is it mended."""


class Alarms:
    """Says once when etcd is full, and once when it no longer is; safe for many threads.

    Two threads at once may say it twice.
    """

    def __init__(self, calls: EtcdCalls) -> None:
        self._calls = calls
        self._refused_at: float | None = None

    def refused(self) -> None:
        """A write was refused for want of room."""
        first = self._refused_at is None
        self._refused_at = time.monotonic()
        if first:
            log.error("%s", FULL)

    def accepted(self) -> None:
        """A write was done."""
        at = self._refused_at
        if at is not None and time.monotonic() - at > _QUIET_SECONDS:
            self._refused_at = None
            log.info("etcd takes writes again")

    def problems(self) -> list[str]:
        """A sentence for each alarm that stands; errors as of a read, but for a missing right.

        Who may not ask etcd for its alarms knows of a full one by the writes that were refused.
        """
        try:
            told = self._calls.read(STATUS, STATUS.request(), "tell its alarms").errors
        except StoreRefused:
            return [FULL] if self._refused_at is not None else []
        return [sentence for alarm, sentence in _SENTENCES.items() if alarm in " ".join(told)]
