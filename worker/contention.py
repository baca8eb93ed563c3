"""What a held lock means for a run that wants it: it waits, is skipped, or ends who holds it."""

from __future__ import annotations

from functools import partial

from common import keys
from common.clock import Clock
from common.constants import JOB_RUN_DIR
from common.errors import InvalidField
from common.owed import WAITING, Owed, unpack
from common.store import Entry, Put, Store
from worker.claim import Claim, run_of_lock
from worker.overlap import skip_owed, wait_owed
from worker.patience import Patience

KILL_SECONDS, SHARED_SECONDS = 60.0, 30.0
"""A kill lasts so long at least; kills within so long share a lease."""


class Contention:
    """Belongs to the claimer's thread. Errors of the store other than silence pass through."""

    def __init__(self, store: Store, patience: Patience, clock: Clock) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._lease: tuple[int, float] | None = None

    def owed(self, claim: Claim, holder: bytes) -> Owed | None:
        """What is owed for the claim while this holds its lock; None when we are stopping.

        One run of a unit waits, beside retries; a further one is skipped. What another system's
        worker holds is never waited for.
        """
        running = run_of_lock(claim.unit, holder)
        if not running or claim.overlap not in ("queue", "replace"):
            return skip_owed(claim, holder)
        prefix = f"{JOB_RUN_DIR}{claim.name}/"
        found = self._patience.insist(partial(self._store.snapshot, prefix))
        if found is None:
            return None
        waiting = next((run_id for each in found.entries if (run_id := _waits(claim, each))), "")
        return skip_owed(claim, holder, waiting) if waiting else wait_owed(claim, running)

    def kill(self, claim: Claim, owed: Owed, holder: bytes) -> tuple[Put, ...] | None:
        """What ends the run that holds the lock, where it is to be; None when we are stopping."""
        if owed.state != WAITING or claim.overlap != "replace":
            return ()
        lease = self._shared()
        if lease is None:
            return None
        running = run_of_lock(claim.unit, holder)
        value = running.encode("utf-8", "surrogateescape")
        return (Put(keys.killer(claim.name), value, lease),)

    def _shared(self) -> int | None:
        now = self._clock.boot()
        if self._lease is None or now >= self._lease[1]:
            seconds = KILL_SECONDS + SHARED_SECONDS
            lease = self._patience.insist(partial(self._store.grant, seconds))
            self._lease = None if lease is None else (lease, now + SHARED_SECONDS)
        return self._lease[0] if self._lease else None


def _waits(claim: Claim, entry: Entry) -> str:
    """The run under this key where it waits to be the next of the claim's unit, else ""."""
    name, run_id = keys.split_run(entry.key) or ("", "")
    said = keys.read_run_id(name, run_id) if name == claim.name else None
    if said is None or said.unit != claim.unit or said.attempt or run_id == claim.run_id:
        return ""
    try:
        return run_id if unpack(entry.value).state == WAITING else ""
    except InvalidField:
        return ""
