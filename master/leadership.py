"""Which one of the masters keeps house: the one that holds a key under its lease."""

from __future__ import annotations

import logging

from common.clock import Clock
from common.constants import KEEPER_KEY
from common.errors import StoreError
from common.store import Entry, Put, RevisionIs, Store, Transaction

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
MARGIN_SECONDS = 5.0
"""So long before the lease can end, its holder holds it to be over."""


class Leadership:
    """One master's claim to the place. Belongs to one thread; `name` is what the key says.

    `term` is another one whenever the place was taken anew.
    """

    def __init__(self, store: Store, clock: Clock, name: str) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._lease = 0
        self._until = 0.0
        self.term = 0

    def holds(self) -> bool:
        """Whether the place is surely ours, by a clock that no step moves; asks nobody."""
        return self._clock.boot() < self._until

    def seek(self) -> None:
        """Renew what is ours, or take the place where it is free. StoreError: all is as it was."""
        asked = self._clock.boot()
        if self._lease and not self._is_ours():
            self._let_go()
        if self._lease:
            self._extend(asked, self._store.renew(self._lease))
            return
        there = self._store.get(KEEPER_KEY)
        if there is None or not there.lease:
            self._take(there)

    def resign(self) -> None:
        """Leave the place to another at once; safe where it is not ours."""
        try:
            self._let_go()
        except StoreError as error:
            log.debug("a lease was not given back (%s); it ends by itself", error)

    def _is_ours(self) -> bool:
        entry = self._store.get(KEEPER_KEY)
        return entry is not None and entry.lease == self._lease

    def _take(self, there: Entry | None) -> None:
        """Take the place, also of a key by hand: one without a lease would keep it for ever."""
        asked = self._clock.boot()
        self._lease = self._store.grant(LEASE_SECONDS)
        self.term += 1
        put = Put(KEEPER_KEY, self._name.encode(), self._lease)
        # Without an answer the next look tells whether it was done.
        unchanged = RevisionIs(KEEPER_KEY, there.revision if there else 0)
        if self._store.commit(Transaction((unchanged,), (put,))).won:
            self._extend(asked, LEASE_SECONDS)
            log.info("this master keeps house: retention of records, and the audit")
        else:
            self._let_go()

    def _extend(self, asked: float, lasts: float) -> None:
        self._until = asked + lasts - MARGIN_SECONDS if lasts > 0 else 0.0

    def _let_go(self) -> None:
        lease, self._lease, self._until = self._lease, 0, 0.0
        if lease:
            self._store.revoke(lease)
