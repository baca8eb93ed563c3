"""Virtual time, and how long things last in a world. All times are milliseconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

LOST_AFTER, MARGIN = 30_000, 2_000
"""How long an incarnation's lease lasts, and how much earlier its worker stops to trust it."""
REGISTERED = 10_000
DAY = 86_400_000
AHEAD = 500
"""A claim may be made so long before its instant."""
START_DEADLINE, CATCH_UP_WINDOW = 60_000, 100_000
CHAOS, LAST_DUE, END = 240_000, 250_000, 800_000
"""Until when faults happen, the last due instant, and when a world ends that does not settle."""
SLOWEST = 60_000
"""A copy of a request may be applied so late."""
SKEW = 2_300
"""Wall clocks are apart by at most twice this, unless a fault moves one."""
IN_ADVANCE = 8_000
"""No watermark may lie so far ahead of true time."""


class Agenda:
    """What is to happen when; equal times in random order."""

    def __init__(self, random: Random) -> None:
        self.now = 0
        self._random = random
        self._heap: list[tuple[int, float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._count = 0

    def after(self, delay: int, call: Callable[..., object], *arguments: Any) -> None:
        """Call this so much later."""
        self._count += 1
        at = self.now + delay
        heapq.heappush(self._heap, (at, self._random.random(), self._count, call, arguments))

    def run(self, until: int) -> None:
        """Let time pass to this instant."""
        while self._heap and self._heap[0][0] < until:
            self.now, _, _, call, arguments = heapq.heappop(self._heap)
            call(*arguments)
        self.now = until
