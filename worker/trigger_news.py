"""What the watch shows of triggers: which are there, and which went."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from common.errors import InvalidField
from common.store import Changes, Entry, Snapshot
from worker.asked import Asked, read_asked
from worker.news import TriggersSeen

log = logging.getLogger(__name__)


class TriggerNews:
    """Belongs to the watch's thread. What nobody of ours wrote is said, counted and left alone."""

    def __init__(self, tell: Callable[[TriggersSeen], None]) -> None:
        self._tell = tell
        self._said: dict[str, int] = {}
        self._told = False
        self.malformed = 0

    def hear(self, news: Snapshot | Changes) -> None:
        """Tell what is new."""
        if isinstance(news, Snapshot):
            there = self._read(news.entries)
            if there or self._told:
                self._told = True
                self._tell(TriggersSeen(there, whole=True))
            return
        gone = tuple(change.key for change in news.changes if change.entry is None)
        there = self._read(change.entry for change in news.changes if change.entry)
        # Within one piece of news a key may come and go: what comes is told first.
        if there or gone:
            self._told = True
            self._tell(TriggersSeen(there, gone))

    def _read(self, entries: Iterable[Entry]) -> tuple[Asked, ...]:
        found = []
        for entry in entries:
            try:
                found.append(read_asked(entry))
            except InvalidField as error:
                self._say(entry, error)
        return tuple(found)

    def _say(self, entry: Entry, error: InvalidField) -> None:
        if self._said.get(entry.key) != entry.revision:
            self._said[entry.key] = entry.revision
            self.malformed += 1
            log.warning("%s is malformed (%s); left alone", entry.key, error)
