"""Whether workers of the Go system are registered beside ours, and what that means for promises."""

from __future__ import annotations

import logging

from common.constants import JOB_WORKER_DIR
from common.protocol import extract_worker_ip
from common.store import Changes, Snapshot

log = logging.getLogger(__name__)

WARNING = (
    "a Go worker is registered (%s): that a due instant runs once is best effort from now on; it"
    " runs every job by its name, and knows nothing of where, hosts, pause, drain, retries, or of"
    " overlap other than skip"
)


class Mixed:
    """Hears registrations on the watch's thread; `present` may be read by any."""

    def __init__(self) -> None:
        self._there: frozenset[str] = frozenset()

    @property
    def present(self) -> bool:
        """Whether a worker is registered by an empty value, as those of the Go system are."""
        return bool(self._there)

    def hear(self, news: Snapshot | Changes) -> None:
        """Take in registrations, and say it when the first Go worker came or the last one went."""
        if news.prefix != JOB_WORKER_DIR:
            return
        before = self._there
        if isinstance(news, Snapshot):
            self._there = frozenset(entry.key for entry in news.entries if not entry.value)
        else:
            for change in news.changes:
                comes = change.entry is not None and not change.entry.value
                self._there = self._there - {change.key} | ({change.key} if comes else set())
        if self._there and not before:
            log.warning(WARNING, ", ".join(sorted(map(extract_worker_ip, self._there))))
        elif before and not self._there:
            log.info("no Go worker is registered any more")
