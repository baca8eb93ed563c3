"""Turns: edits of one job follow one another within a master, so that they do not race."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from master.refusals import Contended

PLACES = 64
PATIENCE_SECONDS = 10.0


class Turns:
    """Locks by name, a few for all names; two names may share one and then wait for each other."""

    def __init__(self) -> None:
        self._locks = [threading.Lock() for _ in range(PLACES)]

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Hold the turn of a name; Contended when it does not come within ten seconds."""
        lock = self._locks[zlib.crc32(name.encode("utf-8", "surrogateescape")) % PLACES]
        if not lock.acquire(timeout=PATIENCE_SECONDS):
            raise Contended(f"too many edits of {name[:140]!r} are waiting; nothing was changed")
        try:
            yield
        finally:
            lock.release()
