"""Who goes on with what waits at a worker that is full, while others have room.

It is handed over only while its lock is free, and only to who says that it has room; so it does not
go to and fro between full workers.
"""

from __future__ import annotations

from collections.abc import Callable

from worker.asks import Turn
from worker.claim import Claim
from worker.planned import Planned
from worker.waiter import Waiter

CROWDED_SECONDS = 3.0
"""So long it waits for room here first."""
AT_ONCE = 10
"""So many are handed over at a time, lest one that has little room is given all."""


def relieving(
    waiter: Waiter,
    planned: Planned | None,
    whose: Callable[[Claim, bool], str | None],
    now: float,
) -> Turn | None:
    """What lets another go on with one that this worker may run; None where it stays for now.

    `now` is in boot seconds; from the first such call on it waits for room.
    """
    waiter.crowded = waiter.crowded or now
    if planned is None or now < waiter.crowded + CROWDED_SECONDS:
        return None
    to = whose(waiter.claim, True)
    unlocked = planned.terms.overlap != "allow"
    return Turn(waiter.claim, waiter.revision, waiter.owed, to, unlocked) if to else None
