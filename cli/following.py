"""Follow a run by calls to a master, of which each waits for a part of the time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from cli.client import Master, NoAnswer
from common.pausing import pause

WAIT_SECONDS = 50
"""So long one call waits; then it is asked again."""
PACE_SECONDS = 0.5
"""So long after an answer the next call is made: a master with many waiters answers at once."""
PATIENCE_SECONDS = 60.0
"""So long a master may be away."""


def follow(
    server: Master, name: str, run_id: str, until: float | None = None
) -> Iterator[dict[str, Any]]:
    """The states of a run of the job: one within a second, then more, without an end of its own.

    `until` (monotonic) ends it. Who has seen enough stops reading; the master's refusals pass. One
    that does not answer is asked again, as while it is restarted; NoAnswer after a minute of that.
    """
    lost: NoAnswer | None = None
    waits, lost_at = 1, 0.0
    while until is None or time.monotonic() < until:
        asked = time.monotonic()
        longest = WAIT_SECONDS if until is None else max(0, int(until - asked))
        try:
            state = server.get("/api/v1/run", id=run_id, name=name, waitSeconds=min(waits, longest))
        except NoAnswer as error:
            lost_at = lost_at if lost else time.monotonic()
            lost = error
            if time.monotonic() - lost_at >= PATIENCE_SECONDS:
                break
        else:
            yield state
            waits, lost = WAIT_SECONDS, None
        pause(max(0.0, asked + PACE_SECONDS - time.monotonic()))
    if lost is not None:
        raise lost
