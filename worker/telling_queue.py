"""What waits to be told: records that are no success, each once, and no more than so many."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from common.record import SUCCESS, JobLog
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.orders import Over
from worker.recent import Recent
from worker.told_failure import Find

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""So many records may wait to be told; what comes when they do is not told, and counted."""
MOST_OUTPUT = 16 << 20
"""So many characters of output may wait; beyond it records are told without theirs."""


class TellingQueue:
    """Anybody may `add`; one thread takes. `dropped` counts the records that nobody was told of."""

    def __init__(self, find: Find, known: Mapping[str, str]) -> None:
        """`find` gives the record of an end that is told in short; `known` were told before."""
        self._find = find
        self._lock = threading.Lock()
        self._short: deque[tuple[EndsTold, Over]] = deque()
        self._waiting: deque[JobLog] = deque()
        self._output = 0
        self._full = False
        self._seen: Recent[str] = Recent(known)
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._short)

    def add(self, news: Filing | EndsTold) -> bool:
        """Take note of records, or of ends in the spool; whether any wait. Never blocks."""
        with self._lock:
            if isinstance(news, Filing):
                for record in news.records:
                    if self._is_new(record.run_id, record.outcome):
                        self._add(record)
            else:
                for over in news.over:
                    if self._is_new(over.run_id, over.outcome) and self._has_room():
                        self._short.append((news, over))
            return len(self) > 0

    def look_up(self) -> None:
        """Find the records of what was told in short, as long as they lie in the spool."""
        while True:
            with self._lock:
                if not self._short:
                    return
                ends, over = self._short[0]
            record = self._find(ends, over)
            with self._lock:
                self._short.popleft()
                if record:
                    self._add(record)
                else:
                    self.dropped += 1
                    self._seen.pop(over.run_id, None)  # Its key may still be recorded, and told.

    def take(self) -> JobLog | None:
        """The oldest record, which is told now; None where none waits."""
        with self._lock:
            if not self._waiting:
                return None
            record = self._waiting.popleft()
            self._output -= len(record.output)
            if self._full and len(self._waiting) < MOST_WAITING // 2:
                self._full = False
                log.warning("on_failure_command was not told of %d records so far", self.dropped)
            return record

    def close(self) -> None:
        """No more is told; what waits is counted."""
        self.dropped += len(self)
        if self.dropped:
            log.error("on_failure_command was not told of %d records in all", self.dropped)

    def _is_new(self, run_id: str, outcome: str) -> bool:
        """Whether it is no success, and was not told yet."""
        if outcome == SUCCESS or self._seen.get(run_id) == outcome:
            return False
        self._seen[run_id] = outcome
        return True

    def _has_room(self) -> bool:
        """Whether another may wait; if not, it is counted as not told."""
        if len(self) < MOST_WAITING:
            return True
        self.dropped += 1
        if not self._full:
            log.error(
                "%d records wait for on_failure_command: it is not told of further ones",
                MOST_WAITING,
            )
        self._full = True
        return False

    def _add(self, record: JobLog) -> None:
        if not self._has_room():
            return
        if self._output + len(record.output) > MOST_OUTPUT:
            record = replace(record, output="", line_times="", shortened=True)
        self._output += len(record.output)
        self._waiting.append(record)
