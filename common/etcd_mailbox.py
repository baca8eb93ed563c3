"""A bounded queue between two threads that can be closed from both sides."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

from common.errors import StoreClosed

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Items in order, at most `size` of them. Closing ends every wait and drops what is left."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._error: Exception | None = None

    def put(self, item: Item, most: int | None = None) -> None:
        """Add an item, and wait for room first; `StoreClosed` once closed.

        With it there are at most so many items; large ones are to be few.
        """
        size = self._size if most is None else most
        with self._changed:
            while len(self._items) >= size and not self._closed:
                self._changed.wait()
            self._refuse_when_closed()
            self._items.append(item)
            self._changed.notify_all()

    def get(self, timeout: float) -> Item | None:
        """The oldest item, or None when there is none for `timeout` seconds; `StoreClosed`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._items and not self._closed:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)
            self._refuse_when_closed()
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def pause(self, seconds: float) -> None:
        """Wait so long, but not beyond the close; `StoreClosed` once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, seconds)
            self._refuse_when_closed()

    def close(self, error: Exception | None = None) -> None:
        """End it; safe twice. The first error that is given is raised instead of `StoreClosed`."""
        with self._changed:
            self._closed = True
            self._error = self._error or error
            self._items.clear()
            self._changed.notify_all()

    def _refuse_when_closed(self) -> None:
        if self._error is not None:
            raise self._error
        if self._closed:
            raise StoreClosed(f"{self._name} was cancelled")
