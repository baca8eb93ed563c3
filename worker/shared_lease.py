"""A lease for all that is put within a while, so that not each key needs one of its own."""

from __future__ import annotations

from functools import partial

from common.clock import Clock
from common.store import Store
from worker.patience import Patience


class SharedLease:
    """Belongs to the claimer's thread. Errors of the store other than silence pass through."""

    def __init__(
        self, store: Store, patience: Patience, clock: Clock, seconds: float, shared: float
    ) -> None:
        """What is put on it lasts so many `seconds` at least, and at most `shared` longer."""
        self._store = store
        self._patience = patience
        self._clock = clock
        self._seconds = seconds
        self._shared = shared
        self._lease: tuple[int, float] | None = None

    def get(self) -> int | None:
        """The lease of now, granted where the last one is too old; None when we are stopping."""
        now = self._clock.boot()
        if self._lease is None or now >= self._lease[1]:
            grant = partial(self._store.grant, self._seconds + self._shared)
            lease = self._patience.insist(grant)
            self._lease = None if lease is None else (lease, now + self._shared)
        return self._lease[0] if self._lease else None
