"""What is asked of the claimer, gathered so that much of it goes in one request.

Each thing has a time that it may wait for others: a claim that is ahead of its instant a little,
an end until its lock is wanted, an acknowledgement the longest. What is due first takes all along.
"""

from __future__ import annotations

import queue
from collections.abc import Callable

from common.clock import Clock
from worker.asks import Ask, End, Recorded, Take

CLAIM_SECONDS, LOCK_SECONDS, LONGEST_SECONDS = 0.05, 0.1, 1.0
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
        self.inbox: queue.Queue[Ask] = queue.Queue()
        self._clock = clock
        self._hurried = hurried
        self._claimed = -BUSY_SECONDS

    def collect(self) -> list[Ask]:
        """What there is to do now, in the order in which it came; nothing after a second."""
        asks: list[Ask] = []
        until = self._clock.boot() + LONGEST_SECONDS
        while len(asks) < MOST:
            left = 0.0 if asks and self._hurried() else until - self._clock.boot()
            try:
                asks.append(self.inbox.get(block=left > 0, timeout=max(left, 0.001)))
            except queue.Empty:
                break
            until = min(until, self._clock.boot() + self.patience(asks[-1]))
        if any(isinstance(ask, Take) for ask in asks):
            self._claimed = self._clock.boot()
        return asks

    def patience(self, ask: Ask) -> float:
        """How long this may wait for others, seconds."""
        match ask:
            case Recorded():
                return LONGEST_SECONDS
            case End():
                soon = ask.wanted_ms < self._clock.wall_ms() + SOON_MS
                return LOCK_SECONDS if ask.unlock and soon else LONGEST_SECONDS
            case Take():
                ahead = ask.look or ask.claim.plan_time > self._clock.wall_ms() + AHEAD_MS
                busy = self._clock.boot() < self._claimed + BUSY_SECONDS
                return CLAIM_SECONDS if ahead or busy else 0.0
            case _:
                return 0.0
