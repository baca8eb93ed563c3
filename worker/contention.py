"""What a held lock means for a run that wants it: it waits, is skipped, or ends who holds it."""

from __future__ import annotations

from common import keys
from common.clock import Clock
from common.killer import pack_kill
from common.owed import Owed
from common.store import Put, Store
from worker.claim import Claim, run_of_key, run_of_lock
from worker.overlap import skip_owed, wait_owed
from worker.patience import Patience
from worker.precedence import QUEUES, Precedence
from worker.shared_lease import SharedLease

KILL_SECONDS, SHARED_SECONDS = 60.0, 30.0
"""A kill lasts so long at least; kills within so long share a lease."""


class Contention:
    """Belongs to the claimer's thread. Errors of the store other than silence pass through."""

    def __init__(self, store: Store, patience: Patience, clock: Clock) -> None:
        self.precedence = Precedence(store, patience)
        self._lease = SharedLease(store, patience, clock, KILL_SECONDS, SHARED_SECONDS)

    def owed(self, claim: Claim, holder: bytes) -> Owed | None:
        """What is owed for the claim while this holds its lock; None when we are stopping.

        One run of a unit waits, beside retries; a further one is skipped. What another system's
        worker holds is never waited for.
        """
        running = run_of_lock(claim.unit, holder)
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
        running = run_of_lock(claim.unit, holder)
        if claim.overlap != "replace" or not running:
            return ()
        lease = self._lease.get()
        if lease is None:
            return None
        value = pack_kill(running, claim.run_id)
        return (Put(keys.killer(claim.name), value, lease),)
