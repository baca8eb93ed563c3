"""What a held lock means for a run that wants it: it waits, is skipped, or ends who holds it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from common import keys, lock
from common.clock import Clock
from common.killer import pack_kill
from common.owed import Owed
from common.store import Entry, Outcome, Put, RevisionIs, Store, Transaction
from worker.claim import Claim, free, run_of_key
from worker.committer import Answer, Posting
from worker.overlap import skip_owed, wait_owed
from worker.patience import Patience
from worker.precedence import QUEUES, Precedence
from worker.recent import Recent
from worker.shared_lease import SharedLease

log = logging.getLogger(__name__)

KILL_SECONDS, SHARED_SECONDS = 60.0, 30.0
"""A kill lasts so long at least; kills within so long share a lease."""


class Contention:
    """Belongs to the claimer's thread. Errors of the store other than silence pass through.

    `freed` counts the locks that no worker left.
    """

    def __init__(self, store: Store, patience: Patience, clock: Clock) -> None:
        self.precedence = Precedence(store, patience)
        self._asked: Recent[str] = Recent()
        self._lease = SharedLease(store, patience, clock, KILL_SECONDS, SHARED_SECONDS)
        self.freed = 0

    def free(
        self,
        there: Entry,
        still: Callable[[], bool],
        again: Callable[[], Posting],
        failed: Callable[[Answer], list[Posting]],
    ) -> Posting:
        """What removes a lock that hangs on no lease, and then tries `again` what found it.

        Whoever removed it, or put another, that shows; `failed` hears where nobody can say.
        """
        heard = partial(self._freed, there.key, again, failed)
        return Posting(free(there), heard, still, urgent=True)

    def _freed(
        self,
        key: str,
        again: Callable[[], Posting],
        failed: Callable[[Answer], list[Posting]],
        answer: Answer,
    ) -> list[Posting]:
        if not isinstance(answer, Outcome):
            return failed(answer)
        if answer.won:
            self.freed += 1
            log.warning("%s hung on no lease, as no worker's lock does: it is removed", key)
        return [again()]

    def owed(self, claim: Claim, holder: bytes) -> Owed | None:
        """What is owed for the claim while this holds its lock; None when we are stopping.

        One run of a unit waits, beside retries; a further one is skipped. What another system's
        worker holds is never waited for.
        """
        running = lock.run_of(claim.unit, holder)
        if not running or claim.overlap not in QUEUES:
            return skip_owed(claim, holder)
        found = self.precedence.read([claim])
        if found is None:
            return None
        before = found.get(claim.unit)
        if before is None:
            return wait_owed(claim, running)
        return skip_owed(claim, holder, run_of_key(before.key))

    def kill(self, claim: Claim, holder: bytes) -> tuple[Put, ...] | None:
        """What ends the run that holds the lock, where it is to be; None when we are stopping.

        It may be a retry that came before the run that waits to replace another one.
        """
        running = lock.run_of(claim.unit, holder)
        if claim.overlap != "replace" or not running:
            return ()
        lease = self._lease.get()
        if lease is None:
            return None
        self._asked[claim.run_id] = running
        value = pack_kill(running, claim.run_id)
        return (Put(keys.killer(claim.name), value, lease),)

    def forget(self, claim: Claim) -> None:
        """What the run asked to end was not asked to, after all."""
        self._asked.pop(claim.run_id, None)

    def kill_before_turn(self, claim: Claim, revision: int, there: Entry) -> Transaction | None:
        """What ends a run that took the lock before the turn of one that waits to replace it.

        None where nothing is to end, or was asked to by that one before: a retry that waits
        replaces nothing, and no run one of a later instant.
        """
        running = lock.run_of(claim.unit, there.value)
        said = keys.read_run_id(claim.name, running) if running else None
        if claim.attempt or said is None or said.plan_time > claim.plan_time:
            return None
        if self._asked.get(claim.run_id) == running:
            return None
        kill = self.kill(claim, there.value)
        return replacing(claim, revision, there, kill) if kill else None


def replacing(claim: Claim, revision: int, there: Entry, kill: tuple[Put, ...]) -> Transaction:
    """Put the kill, if the run waits still by a job as it was known, for a lock as it was seen."""
    compares = (
        RevisionIs(claim.run_key, revision),
        RevisionIs(keys.job(claim.name), claim.job_revision),
        RevisionIs(there.key, there.revision),
    )
    return Transaction(compares, kill)
