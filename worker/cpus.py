"""The processor that an executor's own threads share, and those that its commands may use."""

from __future__ import annotations

import os


class Cpus:
    """An executor's threads take turns at one interpreter, so one processor is all that they use.

    On one they hand it over at a quarter of the cost that waking each other across processors has.
    `settle` is called before they are started, and again by a thread that has spawned something.
    """

    def __init__(self, number: int) -> None:
        """`number` tells the executors of a worker from each other."""
        self._all = os.sched_getaffinity(0)
        allowed = sorted(self._all)
        self._own = {allowed[(os.getppid() + number) % len(allowed)]}

    def settle(self) -> None:
        """Keep this thread, and those that it starts, on the executor's own processor."""
        _keep_to(self._own)

    def widen(self) -> None:
        """Let what this thread spawns from now on use whatever the executor was given."""
        _keep_to(self._all)


def _keep_to(processors: set[int]) -> None:
    """Let this thread use these alone, unless the host has taken all of them from us by now."""
    try:
        os.sched_setaffinity(0, processors)
    except OSError:
        pass  # Slower, at worst; and what was spawned is there.
