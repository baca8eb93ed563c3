"""The pipes of processes that outlived their run and go on: read, so that printing ends none."""

from __future__ import annotations

import logging
import os
import resource
import select
import threading
from collections.abc import Callable

from common.pausing import pause

log = logging.getLogger(__name__)

CHUNK_BYTES = 65536
"""As much as a pipe holds unless it was widened."""
PACE_SECONDS = 0.01
"""So often each of them is read at most: one that prints without end costs no core."""
MOST, PART = 256, 8
"""So many pipes, and no more than this part of our limit of open files: runs need the rest."""


class KeptPipes:
    """Reads what nobody keeps, until nobody is left to print it, or this process ends."""

    def __init__(self, most: int = MOST) -> None:
        """So many pipes at most; fewer where our limit of open files is low."""
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._most = most if soft == resource.RLIM_INFINITY else min(most, soft // PART)
        self._epoll = select.epoll()
        self._lock = threading.Lock()
        self._open = 0

    def __len__(self) -> int:
        """How many pipes are read."""
        return self._open

    def start(self, died: Callable[[], None]) -> None:
        """Start the thread, which calls `died` if it fails. RuntimeError where there is none."""
        threading.Thread(target=self._work, args=(died,), name="kept pipes", daemon=True).start()

    def take(self, pipe: int) -> bool:
        """Own the read end of a pipe, which does not block, from now on; from any thread.

        False where there is no room for another: it is closed at once.
        """
        with self._lock:
            has_room = self._open < self._most
            self._open += has_room
        try:
            if has_room:
                self._epoll.register(pipe, select.EPOLLIN)
                return True
        except OSError as error:
            log.warning("what goes on prints to nobody: %s", error)
            self._closed()
        os.close(pipe)
        return False

    def _work(self, died: Callable[[], None]) -> None:
        try:
            while True:
                for pipe, _ in self._epoll.poll():
                    self._read(pipe)
                pause(PACE_SECONDS)
        except Exception:
            log.exception("the thread that reads for processes that go on died")
            died()

    def _read(self, pipe: int) -> None:
        """Take one chunk, so that each has its turn; nothing is an end that nobody can print to."""
        try:
            if os.read(pipe, CHUNK_BYTES):
                return
        except BlockingIOError:
            return
        # A child that is being spawned may hold it for a moment more: then epoll would tell of it
        # on, by a number that is another file's.
        self._epoll.unregister(pipe)
        os.close(pipe)
        self._closed()

    def _closed(self) -> None:
        with self._lock:
            self._open -= 1
