"""Answers that wait for something: how long at most, and how many at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_AT_ONCE = 24
"""Each holds a connection and its thread; others must get in meanwhile."""
ANSWER_SECONDS = 5.0
"""What is left of a request's time for the rest of its answer."""


class Waits:
    """Shared by all requests; `longest` is in seconds."""

    def __init__(self, request_seconds: float, most: int = MOST_AT_ONCE) -> None:
        """A whole request may take `request_seconds`."""
        self.longest = max(0.0, request_seconds - ANSWER_SECONDS)
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def allowed(self, seconds: float) -> Iterator[float]:
        """How long of these seconds may be waited now: 0 where too many others wait."""
        if seconds <= 0 or not self._places.acquire(blocking=False):
            yield 0.0
            return
        try:
            yield min(seconds, self.longest)
        finally:
            self._places.release()
