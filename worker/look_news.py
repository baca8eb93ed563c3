"""Which of this worker's runs somebody looks at, as the watch shows it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common import keys
from common.store import Changes, Snapshot

log = logging.getLogger(__name__)

MOST_RUNS = 64
"""So many runs of a worker are looked at, at most."""


class LookNews:
    """Belongs to the watch's thread; `tell` hears the runs at each change of them."""

    def __init__(self, worker: str, tell: Callable[[frozenset[str]], None]) -> None:
        self.worker = worker
        self.prefix = keys.looks(worker)
        self._tell = tell
        self._looks: dict[str, str] = {}
        self._told: frozenset[str] = frozenset()

    def hear(self, news: Snapshot | Changes) -> None:
        """Take in what became of the looks; what is about other keys is ignored."""
        if news.prefix != self.prefix:
            return
        if isinstance(news, Snapshot):
            self._looks = {entry.key: self._run_of(entry.key) for entry in news.entries}
        else:
            for change in news.changes:
                if change.entry:
                    self._looks[change.key] = self._run_of(change.key)
                else:
                    self._looks.pop(change.key, None)
        looked_at = sorted(set(self._looks.values()) - {""})
        runs = frozenset(looked_at[:MOST_RUNS])
        if runs == self._told:
            return
        if len(looked_at) > MOST_RUNS:
            log.warning("%d runs are looked at: %d are shown", len(looked_at), MOST_RUNS)
        self._told = runs
        self._tell(runs)

    def _run_of(self, key: str) -> str:
        return key.removeprefix(self.prefix).partition("/")[2]
