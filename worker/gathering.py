"""What is asked of the claimer, gathered so that much of it goes in one request.

Each thing has a time that it may wait for others: a claim that is ahead of its instant a little,
an end until its lock is wanted or its record may be stored, so that its key goes with it, an
acknowledgement the longest. What is due first takes all along; but a claim whose instant has come
waits for nothing that it does not need.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable, Sequence

from common.clock import Clock
from common.record import KILLED
from worker.asks import Ask, Asks, End, Recorded, Take

CLAIM_SECONDS, LOCK_SECONDS, LOOK_SECONDS = 0.05, 0.1, 0.3
END_SECONDS, STORED_SECONDS = 1.2, 3.0
AHEAD_MS = 100
"""A claim that is so far ahead of its instant can wait for others of the same tick."""
BUSY_SECONDS = 0.2
"""So soon after other claims a late one waits for others too: there are many of them."""
SOON_MS = 3000
"""A lock that is wanted again so soon is let go without much delay."""
MOST, PART = 1000, 100
"""So much does not wait for more; so many ends go before claims that came meanwhile."""


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
        self._late: list[Take] = []

    @property
    def is_empty(self) -> bool:
        """Whether all that was asked so far was collected."""
        return not self._asks and not self._late and self.inbox.empty()

    def collect(self, over: float = math.inf) -> list[Ask]:
        """What there is to do now, claims that are late first; nothing at `over` (boot time)."""
        while len(self._asks) < MOST and self._hear(min(over, self._until)):
            pass
        late, self._late = self._late, []
        most = self._most(late)
        asks = [*late, *(() if most is None else self._give(most))]
        if any(isinstance(ask, Take) for ask in asks):
            self._claimed = self._clock.boot()
        return asks

    def patience(self, ask: Ask, now: float, now_ms: int) -> float:
        """How long this may wait for others from now (boot seconds, epoch ms) on, seconds."""
        match ask:
            case Recorded():
                return STORED_SECONDS
            case End() if ask.finish.owed.outcome == KILLED or ask.files:
                return 0.0  # somebody waits for the word that it is dead
            case End():
                soon = ask.wanted_ms < now_ms + SOON_MS
                soon = (soon and ask.unlock) or ask.finish.retry is not None
                return LOCK_SECONDS if soon else END_SECONDS
            case Take(look=True):
                return LOOK_SECONDS
            case Take():
                return CLAIM_SECONDS if self._is_busy(now) or not _is_late(ask, now_ms) else 0.0
            case _:
                return 0.0

    def _is_busy(self, now: float) -> bool:
        return now < self._claimed + BUSY_SECONDS

    def _hear(self, until: float) -> bool:
        """Wait for what is asked next; whether it came in time."""
        ready = self._late or (self._asks and self._hurried())
        left = 0.0 if ready else until - self._clock.boot()
        try:
            longest = None if left == math.inf else max(left, 0.001)
            ask = self.inbox.get(block=left > 0, timeout=longest)
        except queue.Empty:
            return False
        self._add(ask.asks if isinstance(ask, Asks) else (ask,))
        return True

    def _add(self, asks: Sequence[Ask]) -> None:
        """Late claims that come together have waited for each other already."""
        now, now_ms = self._clock.boot(), self._clock.wall_ms()
        late: list[Take] = []
        others: list[Ask] = []
        for ask in asks:
            if isinstance(ask, Take) and _is_late(ask, now_ms):
                late.append(ask)
            else:
                others.append(ask)
        if len(late) > 1 or not self._is_busy(now):
            self._late += late
        else:
            others = list(asks)
        self._asks += others
        for ask in others:
            self._until = min(self._until, now + self.patience(ask, now, now_ms))

    def _most(self, late: Sequence[Take]) -> int | None:
        """How many ends go now, with all the rest of what may wait; None: it waits."""
        if self._hurried() or self._unlocks(late):
            return MOST
        is_due = len(self._asks) >= MOST or self._clock.boot() >= self._until
        return PART if is_due else None

    def _unlocks(self, late: Sequence[Take]) -> bool:
        """Whether a lock that is wanted is let go by an end that waits."""
        wanted = {take.claim.unit for take in late if take.claim.locks}
        return bool(wanted) and any(
            isinstance(ask, End) and ask.unlock and ask.finish.unit in wanted for ask in self._asks
        )

    def _give(self, most: int) -> list[Ask]:
        """What may wait, but of ends only the oldest; the others are next.

        What is recorded comes behind its end, of which nobody would know that it is, else.
        """
        given: list[Ask] = []
        rest: list[Ask] = []
        for ask in self._asks:
            most -= isinstance(ask, End)
            (given if most >= 0 or not isinstance(ask, End | Recorded) else rest).append(ask)
        self._asks = rest
        if not rest:
            self._until = math.inf
        return given


def _is_late(ask: Take, now_ms: int) -> bool:
    return not ask.look and ask.claim.plan_time <= now_ms + AHEAD_MS
