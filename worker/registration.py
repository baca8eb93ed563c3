"""The worker's registration: who it is and whether it takes more runs, for all others to see."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from common import keys
from common.clock import Clock
from common.own_clock import Retelling
from common.store import Entry, Put, RevisionIs, Store, Transaction
from worker.holder import Holder, read_holder
from worker.members import Member

CLOCK_SECONDS = 60.0
"""So old may the clock in a registration become; whoever watches hears it only when it is put."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this worker is: the rest of its key under /cron/workers/, and what stands there."""

    name: str
    registration: Callable[[str, Member], bytes]
    alive: Callable[[], bytes]
    labels: Mapping[str, str] = field(default_factory=dict)


class Registration:
    """Belongs to the presence's thread; the store's errors pass through, and it is kept again.

    The key is only put where it is absent, ours, or holds what no worker of ours wrote. While
    another worker holds the name `taken` is true and this one takes no run; the name is ours again
    when that one's lease has ended. `former` is the incarnation of this worker's last life.
    """

    def __init__(
        self, store: Store, clock: Clock, identity: Identity, seconds: float, former: str = ""
    ) -> None:
        self._store = store
        self._identity = identity
        self._seconds = seconds
        self._key = keys.worker(identity.name)
        self._clock_told = Retelling(clock, CLOCK_SECONDS)
        self._said: tuple[str, Member] | None = None
        self._mine = {former} - {""}
        self._holder: Holder | None = None
        self.lease = 0

    @property
    def taken(self) -> bool:
        """Whether another worker was last seen to be registered by our name; from any thread."""
        return self._holder is not None

    def is_free(self) -> bool:
        """Whether we may take the name, or have it."""
        self._see(self._store.get(self._key))
        return not self.taken

    def keep(self, incarnation: str, me: Member) -> bool:
        """Renew the lease; put the key where it is not there, says something else, or is old.

        False while the name is another's, or when somebody changed the key at the same moment.
        """
        entry = self._store.get(self._key)
        self._see(entry)
        if self.taken:
            return False
        there = False
        if self.lease and self._store.renew(self.lease) > 0:
            ours = entry is not None and entry.lease == self.lease
            there = ours and self._said == (incarnation, me)
        else:
            self.lease = self._store.grant(self._seconds)
        if there and not self._clock_told.is_due():
            return True
        put = self._put(entry, incarnation, me)
        if put and not there:
            log.info("registered as %s, %s", self._key, _told(me))
        return put

    def _put(self, entry: Entry | None, incarnation: str, me: Member) -> bool:
        """Put the key over what was seen of it; False when that is no longer there."""
        self._clock_told.told()
        self._mine.add(incarnation)
        value = self._identity.registration(incarnation, me)
        as_seen = RevisionIs(self._key, entry.revision if entry else 0)
        asked = Transaction((as_seen,), (Put(self._key, value, self.lease),))
        put = self._store.commit(asked).won
        self._said = (incarnation, me) if put else None
        return put

    def _see(self, entry: Entry | None) -> None:
        """Note whose the name is, and say when that changes."""
        holder = self._holder_of(entry) if entry else None
        if holder and holder != self._holder:
            log.error(
                "%s is in use by another worker, %s: this one takes no run until that registration"
                " has ended; give one of the two another name (instance)",
                self._key, holder.told(self._store),
            )  # fmt: skip
        elif self._holder and holder is None:
            log.info("%s is no longer in use by another worker", self._key)
        self._holder = holder

    def _holder_of(self, entry: Entry) -> Holder | None:
        """The other worker that an entry registers; None when it is us, or no worker of ours."""
        if entry.lease in (0, self.lease):
            return None
        holder = read_holder(self._identity.name, entry.value)
        return holder if holder and holder.incarnation not in self._mine else None


def _told(me: Member) -> str:
    if me.draining:
        return "taking no runs"
    return "with room" if me.room else "full"
