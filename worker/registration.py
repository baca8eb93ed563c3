"""The worker's registration: who it is and whether it takes more runs, for all others to see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from common import keys
from common.clock import Clock
from common.errors import InvalidField
from common.own_clock import Retelling
from common.store import Entry, Store, put
from worker.members import Member, read_member

CLOCK_SECONDS = 60.0
"""So old may the clock in a registration become; whoever watches hears it only when it is put."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this worker is: the rest of its key under /cron/workers/, and what stands there."""

    name: str
    registration: Callable[[str, Member], bytes]
    alive: Callable[[], bytes]


class Registration:
    """Belongs to the presence's thread; the store's errors pass through, and it is kept again."""

    def __init__(self, store: Store, clock: Clock, identity: Identity, seconds: float) -> None:
        self._store = store
        self._identity = identity
        self._seconds = seconds
        self._key = keys.worker(identity.name)
        self._clock_told = Retelling(clock, CLOCK_SECONDS)
        self._said: tuple[str, Member] | None = None
        self._doubled = False
        self.lease = 0

    def keep(self, incarnation: str, me: Member) -> None:
        """Renew the lease; put the key where it is not there, says something else, or is old."""
        there = False
        if self.lease and self._store.renew(self.lease) > 0:
            there = self._is_there() and self._said == (incarnation, me)
        else:
            self.lease = self._store.grant(self._seconds)
        if there and not self._clock_told.is_due():
            return
        self._clock_told.told()
        value = self._identity.registration(incarnation, me)
        put(self._store, self._key, value, self.lease)
        self._said = (incarnation, me)
        if not there:
            log.info("registered as %s, %s", self._key, _told(me))

    def _is_there(self) -> bool:
        """Whether the key says that this worker is there; a value not of ours says it to nobody."""
        entry = self._store.get(self._key)
        doubled = entry is not None and entry.lease != self.lease
        if doubled and not self._doubled:
            log.error("another worker is registered as %s, too; give one another name", self._key)
        self._doubled = doubled
        return entry is not None and self._is_ours(entry)

    def _is_ours(self, entry: Entry) -> bool:
        try:
            return read_member(self._identity.name, entry.value) is not None
        except InvalidField:
            return False


def _told(me: Member) -> str:
    if me.draining:
        return "about to end"
    return "with room" if me.room else "full"
