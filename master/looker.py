"""A master's word that somebody looks at a run: a key for the run's worker, under a lease."""

from __future__ import annotations

from common import keys
from common.clock import Clock
from common.store import Delete, Operation, Put, Store, Transaction

LEASE_SECONDS, RENEW_SECONDS = 15.0, 5.0


class Looker:
    """Belongs to one thread; the store's errors pass through."""

    def __init__(self, store: Store, clock: Clock, me: str, run_id: str) -> None:
        """`me` is the master's name among masters."""
        self._store, self._clock, self._me, self._run_id = store, clock, me, run_id
        self._lease = 0
        self._renew_at = 0.0
        self._key = ""

    def keep(self, worker: str) -> float:
        """Let the worker that has the run now ("" for none) know; in how many s to do so again."""
        now = self._clock.boot()
        if self._lease and now >= self._renew_at:
            self._renew_at = now + RENEW_SECONDS
            if not self._store.renew(self._lease):
                self._lease, self._key = 0, ""
        key = keys.look(worker, self._me, self._run_id) if worker else ""
        if key != self._key:
            self._put(key, now)
        return max(0.0, self._renew_at - now) if self._lease else RENEW_SECONDS

    def end(self) -> None:
        """Nobody looks any more."""
        lease, self._lease, self._key = self._lease, 0, ""
        if lease:
            self._store.revoke(lease)

    def _put(self, key: str, now: float) -> None:
        if not self._lease:
            self._lease, self._renew_at = self._store.grant(LEASE_SECONDS), now + RENEW_SECONDS
        change: list[Operation] = [Delete(self._key)] if self._key else []
        change += [Put(key, b"{}", self._lease)] if key else []
        self._store.commit(Transaction((), tuple(change)))
        self._key = key
