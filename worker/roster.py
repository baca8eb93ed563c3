"""The links to a crew's executors: to those that are there, and to dead ones with ends left."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from worker.executor_started import StartedLink


class Roster:
    """May be used from any thread; what was made is its maker's until it is taken.

    `there` are those that were made at first, and later what came in the place of a dead one.
    """

    def __init__(self, count: int, make: Callable[[int], StartedLink]) -> None:
        """So many at first; `make` gives a link by its number."""
        self._make = make
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._asked = False
        self._dead: tuple[StartedLink, ...] = ()
        self.there = tuple(self.made() for _ in range(count))

    @property
    def all(self) -> tuple[StartedLink, ...]:
        """Those that are there, and the dead of which ends may be left."""
        with self._lock:
            return self.there + self._dead

    def made(self) -> StartedLink:
        """A link to an executor that is still to be started; its number is a new one."""
        return self._make(next(self._numbers))

    def take(self, link: StartedLink) -> None:
        """It is started, in the place of a dead one."""
        with self._lock:
            dead = tuple(each for each in self.there if not each.is_open)
            self._dead = tuple(each for each in (*self._dead, *dead) if not each.is_over)
            self.there = (*(each for each in self.there if each.is_open), link)
            asked = self._asked
        if asked:
            link.ask()

    def ask(self) -> None:
        """Let each end once it is idle, also one that is still to be taken."""
        with self._lock:
            self._asked = True
        for link in self.all:
            link.ask()
