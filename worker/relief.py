"""Who goes on with what waits at a worker that may not run it, or is full while others have room.

In the latter case it is handed over only while its lock is free, and only to who says that it has
room; so it does not go to and fro between full workers.
"""

from __future__ import annotations

from collections.abc import Callable

from common.clock import Clock
from worker.asks import Turn
from worker.claim import Claim
from worker.planned import Planned
from worker.standing import Standing
from worker.waiter import AGAIN_SECONDS, Queue, Waiter

CROWDED_SECONDS = 3.0
"""So long it waits for room here first."""
AT_ONCE = 10
"""So many are handed over at a time, lest one that has little room is given all."""


class Relief:
    """Looks at those whose moment has come and that found no room; what it is given is `Waiting`'s.

    Owned by the scheduler's thread.
    """

    def __init__(
        self,
        clock: Clock,
        queue: Queue,
        planned: Callable[[str], Planned | None],
        holds: Callable[[], Standing | None],
        whose: Callable[[Claim, bool], str | None],
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._planned = planned
        self._holds = holds
        self._whose = whose
        self._looked = -AGAIN_SECONDS

    def turns(self, instead: bool) -> list[Turn]:
        """What lets others go on with those that they may run; `instead`: this worker runs none."""
        now, standing = self._clock.boot(), self._holds()
        if standing is None or now < self._looked + AGAIN_SECONDS:
            return []
        self._looked = now
        turns, staying, relieved = [], [], 0
        while waiter := self._queue.pop(now):
            turn = None
            if waiter.claim.incarnation == standing.incarnation and now >= waiter.due:
                to = self._whose(waiter.claim, instead)
                turn = Turn(waiter.claim, waiter.revision, waiter.owed, to) if to else None
                if to == "" and not instead and relieved < AT_ONCE:
                    turn = self._relieving(waiter, now)
                    relieved += turn is not None
            if turn:
                waiter.ask()
                turns.append(turn)
            else:
                staying.append(waiter)
        for waiter in staying:
            self._queue.put(waiter, now)
        return turns

    def _relieving(self, waiter: Waiter, now: float) -> Turn | None:
        """What hands over one that this worker may run; None where it stays for now.

        `now` is in boot seconds; from the first such call on it waits for room.
        """
        waiter.crowded = waiter.crowded or now
        planned = self._planned(waiter.claim.name)
        if planned is None or now < waiter.crowded + CROWDED_SECONDS:
            return None
        to = self._whose(waiter.claim, True)
        unlocked = planned.terms.overlap != "allow"
        return Turn(waiter.claim, waiter.revision, waiter.owed, to, unlocked) if to else None
