"""Watches of the embedded store: each has its own line of changes and reads its own snapshots."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

from common.errors import StoreClosed
from common.store import Change, Changes, Snapshot

log = logging.getLogger(__name__)

LONGEST_LINE = 10_000
"""Changes that may wait for a slow receiver; then they are dropped for a new snapshot."""


class SqliteWatch:
    """A Watch. The writer offers it what was committed, in order; its receiver calls next()."""

    def __init__(
        self,
        prefixes: Sequence[str],
        snapshot: Callable[[str], Snapshot],
        ended: Callable[[SqliteWatch], None],
    ) -> None:
        """`snapshot` reads a prefix as it is; `ended` is told once the watch is cancelled."""
        self._prefixes = tuple(dict.fromkeys(prefixes))
        self._snapshot = snapshot
        self._ended = ended
        self._condition = threading.Condition()
        self._unread = deque(self._prefixes)
        self._line: deque[tuple[str, Change]] = deque()
        self._cancelled = False

    def next(self, timeout: float) -> Snapshot | Changes | None:
        """A snapshot of each prefix first, then changes; None after `timeout` seconds."""
        with self._condition:
            self._condition.wait_for(self._has_news, timeout)
            if self._cancelled:
                raise StoreClosed("the watch is cancelled")
            if not self._unread:
                return self._take_changes()
            prefix = self._unread.popleft()
        return self._read(prefix)

    def cancel(self) -> None:
        """End the watch; wakes next()."""
        with self._condition:
            self._cancelled = True
            self._line.clear()
            self._condition.notify_all()
        self._ended(self)

    def offer(self, changes: Sequence[Change]) -> None:
        """Put those that are under a prefix into the line; never waits for the receiver."""
        with self._condition:
            for change in changes:
                if not change.key.startswith(self._prefixes):
                    continue
                for prefix in self._prefixes:
                    if change.key.startswith(prefix):
                        self._line.append((prefix, change))
            if len(self._line) > LONGEST_LINE:
                log.warning("a watch is %d changes behind and reads anew", len(self._line))
                self._line.clear()
                self._unread = deque(self._prefixes)
            if self._line:
                self._condition.notify_all()

    def _has_news(self) -> bool:
        return bool(self._cancelled or self._unread or self._line)

    def _take_changes(self) -> Changes | None:
        """As many as belong to one prefix."""
        if not self._line:
            return None
        prefix = self._line[0][0]
        taken = []
        while self._line and self._line[0][0] == prefix:
            taken.append(self._line.popleft()[1])
        return Changes(prefix, tuple(taken))

    def _read(self, prefix: str) -> Snapshot:
        """Read a snapshot, outside of the lock; changes that it holds already leave the line."""
        try:
            snapshot = self._snapshot(prefix)
        except BaseException:
            with self._condition:
                self._unread.append(prefix)
            raise
        with self._condition:
            self._line = deque(
                (of, change)
                for of, change in self._line
                if of != prefix or change.revision > snapshot.revision
            )
        return snapshot
