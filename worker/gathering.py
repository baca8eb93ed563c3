"""What is asked of the claimer, gathered so that much of it goes in one request.

Each thing has a time that it may wait for others: a claim that is ahead of its instant a little,
an end until its lock is wanted or its record may be stored, so that its key goes with it, an
acknowledgement the longest. What is due first takes all along.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable

from common.clock import Clock
from common.record import KILLED
from worker.asks import Ask, End, Recorded, Take

CLAIM_SECONDS, LOCK_SECONDS, LOOK_SECONDS = 0.05, 0.1, 0.3
END_SECONDS, STORED_SECONDS = 1.2, 3.0
AHEAD_MS = 100
"""A claim that is so far ahead of its instant can wait for others of the same tick."""
BUSY_SECONDS = 0.2
"""So soon after other claims a late one waits for others too: there are many of them."""
SOON_MS = 3000
"""A lock that is wanted again so soon is let go without much delay."""
MOST = 1000


class Gathering:
    """Belongs to the claimer's thread; its `inbox` takes what is asked from any thread."""

    def __init__(self, clock: Clock, hurried: Callable[[], bool]) -> None:
        """Nothing waits for anything else once it is `hurried`."""
        self.inbox: queue.SimpleQueue[Ask] = queue.SimpleQueue()
        self._clock = clock
        self._hurried = hurried
        self._claimed = -BUSY_SECONDS
        self._asks: list[Ask] = []
        self._until = math.inf

    @property
    def is_empty(self) -> bool:
        """Whether all that was asked so far was collected."""
        return not self._asks and self.inbox.empty()

    def collect(self, over: float = math.inf) -> list[Ask]:
        """What there is to do now, in the order in which it came; nothing at `over` (boot time)."""
        while len(self._asks) < MOST and self._hear(min(over, self._until)):
            pass
        waits = len(self._asks) < MOST and not self._hurried()
        if waits and self._clock.boot() < self._until:
            return []
        asks, self._asks, self._until = self._asks, [], math.inf
        if any(isinstance(ask, Take) for ask in asks):
            self._claimed = self._clock.boot()
        return asks

    def patience(self, ask: Ask) -> float:
        """How long this may wait for others, seconds."""
        match ask:
            case Recorded():
                return STORED_SECONDS
            case End() if ask.finish.owed.outcome == KILLED or ask.files:
                return 0.0  # somebody waits for the word that it is dead
            case End():
                soon = ask.wanted_ms < self._clock.wall_ms() + SOON_MS
                soon = (soon and ask.unlock) or ask.finish.retry is not None
                return LOCK_SECONDS if soon else END_SECONDS
            case Take(look=True):
                return LOOK_SECONDS
            case Take():
                ahead = ask.claim.plan_time > self._clock.wall_ms() + AHEAD_MS
                busy = self._clock.boot() < self._claimed + BUSY_SECONDS
                return CLAIM_SECONDS if ahead or busy else 0.0
            case _:
                return 0.0

    def _hear(self, until: float) -> bool:
        """Wait for what is asked next; whether it came in time."""
        left = 0.0 if self._asks and self._hurried() else until - self._clock.boot()
        try:
            longest = None if left == math.inf else max(left, 0.001)
            ask = self.inbox.get(block=left > 0, timeout=longest)
        except queue.Empty:
            return False
        self._asks.append(ask)
        self._until = min(self._until, self._clock.boot() + self.patience(ask))
        return True
