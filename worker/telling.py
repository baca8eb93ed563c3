"""Telling: the worker's `on_failure_command` gets every record that is not a success.

One thread starts the commands and waits for them all at once. What waits is bounded, and so is
what each command may take.
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from common.config import WorkerConfig
from common.record import SUCCESS, JobLog
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.orders import Over
from worker.recent import Recent
from worker.telling_child import TellingChild
from worker.telling_notes import FILE, TellingNotes
from worker.told_failure import Find

log = logging.getLogger(__name__)

MOST_WAITING = 1000
"""So many records may wait to be told; what comes when they do is not told, and counted."""
MOST_OUTPUT = 16 << 20
"""So many characters of output may wait; beyond it records are told without theirs."""
AT_STOP_SECONDS = 5.0
"""So long a stop goes on telling."""
KILL_SECONDS = 1.0
"""So long it then waits for what was killed."""


class Telling:
    """The body of a thread; anybody may `tell`. A record that comes twice is told once, also where
    it comes to a later life that has the `notes` of this one.

    `dropped` counts the records that nobody was told of.
    """

    name = "telling"

    def __init__(
        self,
        command: Sequence[str],
        seconds: float,
        parallel: int,
        find: Find = lambda ends, over: None,
        notes: TellingNotes | None = None,
    ) -> None:
        """Each run of `command` may take so many seconds, and so many run at once.

        `find` gives the record of an end that is told in short.
        """
        self._find = find
        self._notes = notes
        self._short: deque[tuple[EndsTold, Over]] = deque()
        self._command = command
        self._seconds = seconds
        self._parallel = parallel
        self._lock = threading.Lock()
        self._waiting: deque[JobLog] = deque()
        self._output = 0
        self._full = False
        self._seen: Recent[str] = Recent(notes.known if notes else ())
        self._children: dict[int, TellingChild] = {}
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self.dropped = 0

    @classmethod
    def of(cls, config: WorkerConfig, find: Find) -> Telling | None:
        """What a worker's configuration asks for; None where it asks for nothing."""
        command = config.on_failure_command
        seconds, parallel = config.on_failure_timeout_seconds, config.on_failure_parallel
        if not command:
            return None
        return cls(command, seconds, parallel, find, TellingNotes(config.data_dir / FILE))

    def tell(self, news: Filing | EndsTold) -> None:
        """Take note of records, or of ends in the spool, from any thread; never blocks."""
        with self._lock:
            if isinstance(news, Filing):
                for record in news.records:
                    if self._is_new(record.run_id, record.outcome):
                        self._add(record)
            else:
                for over in news.over:
                    if self._is_new(over.run_id, over.outcome):
                        self._note(news, over)
            if self._waiting or self._short:
                os.eventfd_write(self._woken, 1)

    def step(self) -> None:
        """Start what may start, and see to what has news."""
        self._fill()
        self._attend(self._pause())

    def wake(self) -> None:
        """End the wait of a step."""
        os.eventfd_write(self._woken, 1)

    def close(self) -> None:
        """Go on for a short while, then end what still runs; what was not told is counted."""
        until = time.monotonic() + AT_STOP_SECONDS
        while self._is_busy and (left := until - time.monotonic()) > 0:
            self._fill()
            self._attend(min(left, self._pause()))
        for child in self._children.values():
            child.kill()
        until += KILL_SECONDS
        while self._children and (left := until - time.monotonic()) > 0:
            self._attend(left)
        self.dropped += len(self._waiting) + len(self._short)
        if self.dropped:
            log.error("on_failure_command was not told of %d records in all", self.dropped)

    @property
    def _is_busy(self) -> bool:
        return bool(self._short or self._waiting or self._children)

    def _is_new(self, run_id: str, outcome: str) -> bool:
        """Whether it is no success, and was not told yet."""
        if outcome == SUCCESS or self._seen.get(run_id) == outcome:
            return False
        self._seen[run_id] = outcome
        return True

    def _has_room(self) -> bool:
        """Whether another may wait; if not, it is counted as not told."""
        if len(self._waiting) + len(self._short) < MOST_WAITING:
            return True
        self.dropped += 1
        if not self._full:
            log.error(
                "%d records wait for on_failure_command: it is not told of further ones",
                MOST_WAITING,
            )
        self._full = True
        return False

    def _note(self, ends: EndsTold, over: Over) -> None:
        if self._has_room():
            self._short.append((ends, over))

    def _look_up(self) -> None:
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

    def _add(self, record: JobLog) -> None:
        if not self._has_room():
            return
        if self._output + len(record.output) > MOST_OUTPUT:
            record = replace(record, output="", line_times="", shortened=True)
        self._output += len(record.output)
        self._waiting.append(record)

    def _take(self) -> JobLog | None:
        with self._lock:
            if not self._waiting:
                return None
            record = self._waiting.popleft()
            self._output -= len(record.output)
            if self._full and len(self._waiting) < MOST_WAITING // 2:
                self._full = False
                log.warning("on_failure_command was not told of %d records so far", self.dropped)
            return record

    def _fill(self) -> None:
        self._look_up()
        while len(self._children) < self._parallel and (record := self._take()):
            try:
                child = TellingChild(self._command, record, self._seconds)
            except OSError as error:
                run = (record.job_name, record.run_id)
                log.warning("job=%s run=%s: on_failure_command: %s", *run, error)
                continue
            if self._notes:
                self._notes.add(record.run_id, record.outcome)
            self._children[child.pidfd] = child
            for fd in (child.pidfd, child.output):
                self._poll.register(fd, select.POLLIN)

    def _pause(self) -> float:
        """How long nothing has to be done unless something happens; infinite where nothing runs."""
        now = time.monotonic()
        deadlines = (child.deadline - now for child in self._children.values())
        return max(0.0, min(deadlines, default=_FOREVER))

    def _attend(self, seconds: float) -> None:
        """Wait so long for news, and see to them and to what takes too long."""
        ready = {fd for fd, _ in self._poll.poll(None if seconds == _FOREVER else _ms(seconds))}
        if self._woken in ready:
            os.eventfd_read(self._woken)
        now = time.monotonic()
        for child in list(self._children.values()):
            if child.output in ready and not child.read():
                self._poll.unregister(child.output)
            if child.pidfd in ready:
                self._conclude(child)
            elif now >= child.deadline:
                child.kill()

    def _conclude(self, child: TellingChild) -> None:
        del self._children[child.pidfd]
        for fd in (child.pidfd, child.output):
            try:
                self._poll.unregister(fd)
            except KeyError:
                pass
        child.conclude()


_FOREVER = float("inf")


def _ms(seconds: float) -> int:
    """For poll(), rounded up so that it never wakes early."""
    return int(seconds * 1000) + 1
