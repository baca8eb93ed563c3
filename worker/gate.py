"""The gate that each claim of a run passes last: it starts now, or is recorded as not started."""

from __future__ import annotations

from worker.events import Won
from worker.leaving import STOPPING
from worker.plan import Plan
from worker.presence import Presence
from worker.resting import DELETED
from worker.runs import Runs
from worker.waiter import Waiter
from worker.waits import Turned

LEASE_OVER = "the worker's lease had ended"


class Gate:
    """Belongs to the scheduler's thread. Once it is `closed` nothing starts any more."""

    def __init__(self, plan: Plan, runs: Runs, presence: Presence) -> None:
        self._plan = plan
        self._runs = runs
        self._presence = presence
        self.closed = False

    def won(self, event: Won) -> None:
        """A due instant is ours."""
        job = self._plan.won(event)
        if job is None:
            return
        standing = self._presence.holds()
        if event.claim.name not in self._plan:
            self._runs.refuse(event.claim, job, event.fence, DELETED)
        elif self.closed:
            self._runs.refuse(event.claim, job, event.fence, STOPPING)
        elif standing is None or standing.incarnation != event.claim.incarnation:
            self._runs.refuse(event.claim, job, event.fence, LEASE_OVER)
        elif why := self._plan.why_resting(event.claim):
            self._runs.refuse(event.claim, job, event.fence, why)
        else:
            self._runs.start(event.claim, job, event.fence, standing)

    def turned(self, event: Turned, waiter: Waiter) -> None:
        """What waited here has had its turn."""
        if waiter.job is None:
            return  # The sweep finds it.
        standing, claim = self._presence.holds(), event.claim
        why = waiter.off or (STOPPING if self.closed else "")
        if claim.name not in self._plan:
            why = DELETED
        if standing is None or standing.incarnation != claim.incarnation:
            why = LEASE_OVER
        if why or standing is None:
            self._runs.refuse(claim, waiter.job, event.fence, why)
        else:
            self._runs.start(claim, waiter.job, event.fence, standing, waiter.created)
