"""The end of a run whose executor met an error that nobody expects, and went on with the others."""

import logging
import time

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
    start = started.start_ms if started else now
    outcome, said = ("lost", "lost") if started or found else ("could_not_start", "could not start")
    return Ended(
        run_id=order.run_id,
        outcome=outcome,
        exit_code=None,
        signal=None,
        start_ms=start,
        end_ms=now,
        output=b"",
        output_bytes=0,
        truncated=False,
        err=f"{said}: {why}",
        reason=why,
        cpu_seconds=None,
    )
