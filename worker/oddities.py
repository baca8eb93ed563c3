"""Keys that nobody of ours wrote, or a later version did: left alone, and said once."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Oddities:
    """Belongs to one thread; `count` is how many there were."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self.count = 0

    def __contains__(self, key: str) -> bool:
        return key in self._said

    def say(self, key: str, what: str) -> None:
        """This is odd about it."""
        if key not in self._said:
            self._said.add(key)
            self.count += 1
            log.warning("%s %s; left alone", key, what)

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Forget the others: should they come again, they are said again."""
        self._said = set(filter(wanted, self._said))
