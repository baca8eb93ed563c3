"""The end of a run whose executor met an error that nobody expects, and went on with the others."""

import logging
import time
from dataclasses import replace

from common.record import COULD_NOT_START, LOST
from worker.end_words import bare_end
from worker.executor_orphans import end_orphans
from worker.orders import Ended, Order, Started, held_of

log = logging.getLogger(__name__)


def failed(order: Order, started: Started | None, error: Exception) -> Ended:
    """How it ended: nothing of it is left alive that can be found, and if it was started nobody can
    say more.
    """
    held = held_of(order)
    fences = {held.run_id: held.fence} if held.fence else None
    try:
        found = end_orphans({held.run_id: held.job}, fences)
    except OSError as unseen:
        log.error("job=%s run=%s: what is left of it: %s", held.job, held.run_id, unseen)
        found = frozenset()
    why = f"its executor failed: {type(error).__name__}: {error}"
    now = time.time_ns() // 1_000_000
    outcome, said = (LOST, "lost") if started or found else (COULD_NOT_START, "could not start")
    ended = bare_end(order.run_id, outcome, now, f"{said}: {why}", why)
    return replace(ended, start_ms=started.start_ms if started else now)
