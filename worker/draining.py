"""Whether this worker takes no more runs: since it stops, or since somebody told it so."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common import keys
from common.constants import WORKER_DRAIN_DIR
from common.drain import Drain, unpack_drain
from common.store import Changes, Entry, Snapshot, Store

log = logging.getLogger(__name__)

SHOWN = 200
"""So many characters of a drain are published: whatever lies under the key may be long."""


class Draining:
    """What a worker of this name was told; from any thread. `stopping` is never taken back.

    The watch tells what is asked for. It may be late when a life begins, so that the key is read
    then, too; what is read never undoes what was heard of later.
    """

    def __init__(self, name: str, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when it changes, and must not block."""
        self.changed = changed
        self.stopping = False
        self._key = keys.drain(name)
        self._lock = threading.Lock()
        self._asked: Drain | None = None
        self._revision = 0

    @property
    def is_on(self) -> bool:
        """Whether it is to take nothing."""
        return self.stopping or self._asked is not None

    @property
    def is_asked(self) -> bool:
        """Whether somebody told it so."""
        return self._asked is not None

    @property
    def told(self) -> str:
        """By whom it was drained, and why, for a sentence; "" where nobody did."""
        asked = self._asked
        return str(asked)[:SHOWN] if asked else ""

    def stop(self) -> None:
        """The worker is about to end."""
        self.stopping = True
        self.changed()

    def look(self, store: Store) -> None:
        """Read the key; the store's errors pass through."""
        entry = store.get(self._key)
        if entry is not None:
            self._become(entry.revision, entry)

    def hear(self, news: Snapshot | Changes) -> None:
        """Take in what the watch brings; what is about other keys is ignored."""
        if news.prefix != WORKER_DRAIN_DIR:
            return
        if isinstance(news, Snapshot):
            mine = next((entry for entry in news.entries if entry.key == self._key), None)
            self._become(news.revision, mine)
            return
        for change in news.changes:
            if change.key == self._key:
                self._become(change.revision, change.entry)

    def _become(self, revision: int, entry: Entry | None) -> None:
        with self._lock:
            if revision < self._revision:
                return
            before, self._revision = self._asked, revision
            self._asked = unpack_drain(entry.value) if entry else None
            now = self._asked
        if before != now:
            self._say(now)
            self.changed()

    def _say(self, now: Drain | None) -> None:
        if now:
            log.warning("this worker is %s: it takes no more runs", now)
        else:
            log.info("this worker is no longer drained: it takes runs")
