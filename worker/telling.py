"""Telling: the worker's `on_failure_command` gets every record that is not a success.

One thread starts the commands and waits for them all at once; each of them is bounded.
"""

from __future__ import annotations

import logging
import os
import select
import time
from collections.abc import Sequence

from common.config import WorkerConfig
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.telling_child import TellingChild
from worker.telling_notes import FILE, TellingNotes
from worker.telling_queue import TellingQueue
from worker.told_failure import Find

log = logging.getLogger(__name__)

AT_STOP_SECONDS = 5.0
"""So long a stop goes on telling."""
KILL_SECONDS = 1.0
"""So long it then waits for what was killed."""


class Telling:
    """The body of a thread; anybody may `tell`. A record that comes twice is told once, also where
    it comes to a later life that has the `notes` of this one.
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
        self._notes = notes
        self._queue = TellingQueue(find, notes.known if notes else {})
        self._command = command
        self._seconds = seconds
        self._parallel = parallel
        self._children: dict[int, TellingChild] = {}
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)

    @classmethod
    def of(cls, config: WorkerConfig, find: Find) -> Telling | None:
        """What a worker's configuration asks for; None where it asks for nothing."""
        command = config.on_failure_command
        seconds, parallel = config.on_failure_timeout_seconds, config.on_failure_parallel
        if not command:
            return None
        return cls(command, seconds, parallel, find, TellingNotes(config.data_dir / FILE))

    @property
    def dropped(self) -> int:
        """How many records nobody was told of."""
        return self._queue.dropped

    def tell(self, news: Filing | EndsTold) -> None:
        """Take note of records, or of ends in the spool, from any thread; never blocks."""
        if self._queue.add(news):
            self.wake()

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
            self._attend(min(left, self._pause()))
        self._queue.close()

    @property
    def _is_busy(self) -> bool:
        return bool(len(self._queue) or self._children)

    def _fill(self) -> None:
        self._queue.look_up()
        while len(self._children) < self._parallel and (record := self._queue.take()):
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
        due = (child.due - now for child in self._children.values())
        return max(0.0, min(due, default=_FOREVER))

    def _attend(self, seconds: float) -> None:
        """Wait so long for news, and see to them and to what takes too long."""
        ready = {fd for fd, _ in self._poll.poll(None if seconds == _FOREVER else _ms(seconds))}
        if self._woken in ready:
            os.eventfd_read(self._woken)
        for child in list(self._children.values()):
            if child.output in ready and not child.read():
                self._poll.unregister(child.output)
            if child.pidfd in ready:
                self._poll.unregister(child.pidfd)
                child.died()
            if child.is_over(time.monotonic()):
                self._conclude(child)

    def _conclude(self, child: TellingChild) -> None:
        del self._children[child.pidfd]
        try:
            self._poll.unregister(child.output)
        except KeyError:
            pass
        child.conclude()


_FOREVER = float("inf")


def _ms(seconds: float) -> int:
    """For poll(), rounded up so that it never wakes early."""
    return int(seconds * 1000) + 1
