"""The lease on which hangs what is shown of runs while somebody looks."""

from __future__ import annotations

from common.clock import Clock
from common.store import Store

LEASE_SECONDS, RENEW_SECONDS = 30.0, 10.0


class LiveLease:
    """Granted when it is first needed, renewed as it is used; belongs to one thread."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lease = 0
        self._renew_at = 0.0

    def hold(self) -> int:
        """A lease that holds for a while; the store's errors pass through."""
        now = self._clock.boot()
        if self._lease and now >= self._renew_at and not self._store.renew(self._lease):
            self._lease = 0
        if not self._lease:
            self._lease = self._store.grant(LEASE_SECONDS)
        elif now < self._renew_at:
            return self._lease
        self._renew_at = now + RENEW_SECONDS
        return self._lease

    def forget(self) -> None:
        """The store does not know it any more, it seems."""
        self._lease = 0

    def end(self) -> None:
        """Revoke it, with all that hangs on it; the store's errors pass through."""
        lease, self._lease = self._lease, 0
        if lease:
            self._store.revoke(lease)
