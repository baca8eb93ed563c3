"""The starts of an executor's runs: which of them are told, and when."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from worker.orders import Started

FEW = 8
MOMENT_SECONDS = 0.05
"""So many starts in such a time are told at once; of more, those of runs that outlast it."""


class Starts:
    """Knows when each run started, from any thread, until the run is `over`.

    Where many start, of most that are over a moment later nobody needs to hear that they began:
    their ends say it. `tell` hears of the others, at once or when `due` is called; `wake` is called
    when somebody should call that in `wait` seconds.
    """

    def __init__(self, tell: Callable[[Started], None], wake: Callable[[], None]) -> None:
        self._tell = tell
        self._wake = wake
        self._lock = threading.Lock()
        self._known: dict[str, Started] = {}
        self._told: deque[float] = deque()
        self._later: deque[tuple[float, Started]] = deque()

    def add(self, started: Started) -> None:
        """A run's command was spawned."""
        now = time.monotonic()
        with self._lock:
            self._known[started.run_id] = started
            while self._told and self._told[0] <= now:
                self._told.popleft()
            few = len(self._told) < FEW
            if few:
                self._told.append(now + MOMENT_SECONDS)
            else:
                self._later.append((now + MOMENT_SECONDS, started))
            first = len(self._later) == 1
        if few:
            self._tell(started)
        elif first:
            self._wake()

    def get(self, run_id: str) -> Started | None:
        """The start of a run that is not over."""
        return self._known.get(run_id)

    def over(self, run_ids: Iterable[str]) -> None:
        """The ends of these runs were told."""
        for run_id in run_ids:
            self._known.pop(run_id, None)

    @property
    def wait(self) -> float | None:
        """In how many seconds `due` should be called; None: not before `wake`."""
        try:
            return max(0.0, self._later[0][0] - time.monotonic())
        except IndexError:
            return None

    def due(self) -> None:
        """Tell of those that have outlasted the moment."""
        now = time.monotonic()
        found = []
        with self._lock:
            while self._later and self._later[0][0] <= now:
                found.append(self._later.popleft()[1])
        for started in found:
            if started.run_id in self._known:
                self._tell(started)
