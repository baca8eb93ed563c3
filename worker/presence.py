"""The worker's life in the store: its incarnation's lease, and its registration.

One thread renews; a second watches the deadline and does no call that could hold it up. Whether
the lease still holds is a comparison with a CLOCK_BOOTTIME deadline, made by whoever is about to
do something that hangs on it.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from common import keys
from common.clock import Clock
from common.errors import StoreError
from common.store import Absent, Put, Store, Transaction
from worker.events import Arisen, LeaseLost
from worker.members import Member
from worker.registration import Identity, Registration

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """An incarnation, its lease, and until when (CLOCK_BOOTTIME seconds) it surely holds."""

    incarnation: str
    lease: int
    deadline: float


class Presence:
    """Keeps the leases; the body of the presence thread. Only this thread changes `standing`."""

    name = "presence"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        identity: Identity,
        lost_after: float,
        registered_for: float,
        tell: Callable[[Arisen | LeaseLost], None],
        renewed: Callable[[str, float], None] = lambda incarnation, deadline: None,
    ) -> None:
        """`renewed` hears the incarnation and its deadline at each renewal, and must not block."""
        self._store = store
        self._clock = clock
        self._identity = identity
        self._lost_after = lost_after
        self._registered_for = registered_for
        self._tell = tell
        self._renewed = renewed
        self._woken = threading.Event()
        self._renounced = ""
        self._me = Member(identity.name)
        self._registration = Registration(store, clock, identity, registered_for)
        self._said = ""
        self.standing: Standing | None = None
        self.changed = threading.Event()

    def holds(self) -> Standing | None:
        """The standing while its deadline has not passed; from any thread."""
        standing = self.standing
        return standing if standing and self._clock.boot() < standing.deadline else None

    def publish(self, room: bool) -> None:
        """Say in the registration whether there is room for more; from the scheduler's thread."""
        if room != self._me.room:
            self._me = replace(self._me, room=room)
            self._woken.set()

    def drain(self) -> None:
        """Say in the registration that this worker takes no more runs; as `publish`."""
        self._me = replace(self._me, draining=True)
        self._woken.set()

    def is_held(self) -> bool:
        """Whether the deadline has not passed; from any thread."""
        return self.holds() is not None

    def renounce(self, incarnation: str) -> None:
        """The incarnation's alive key is gone: begin a new one; from any thread."""
        self._renounced = incarnation
        self._woken.set()

    def step(self) -> None:
        """Renew or begin what is due, then wait for the next time."""
        try:
            self._keep_standing()
            standing = self.standing
            self._registration.keep(standing.incarnation if standing else "", self._me)
            pause = min(self._lost_after, self._registered_for) / 3
            self._said = ""
        except StoreError as error:
            if str(error) != self._said:
                log.warning("cannot renew the worker's leases (%s); trying again", error)
            self._said = str(error)
            pause = RETRY_SECONDS
        self._woken.wait(pause)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait for the next renewal."""
        self._woken.set()

    def close(self) -> None:
        """Give the leases back, so that others need not wait for their end."""
        standing, self.standing = self.standing, None
        for lease in (self._registration.lease, standing.lease if standing else 0):
            if lease:
                self._revoke(lease)

    def _keep_standing(self) -> None:
        standing = self.standing
        if standing is None or standing.incarnation == self._renounced:
            self._fall(standing)
            self._arise()
            return
        asked = self._clock.boot()
        left = self._store.renew(standing.lease)
        if left <= 0:
            self._fall(standing)
            self._arise()
            return
        held = self._clock.boot() < standing.deadline
        self._stand(Standing(standing.incarnation, standing.lease, self._until(asked, left)))
        if not held:
            log.info("incarnation %s holds again", standing.incarnation)
            self._tell(Arisen(standing.incarnation, standing.lease))

    def _arise(self) -> None:
        incarnation = f"{self._identity.name}.{secrets.token_hex(4)}"
        asked = self._clock.boot()
        lease = self._store.grant(self._lost_after)
        key = keys.alive(incarnation)
        self._store.commit(Transaction((Absent(key),), (Put(key, self._identity.alive(), lease),)))
        self._stand(Standing(incarnation, lease, self._until(asked, self._lost_after)))
        log.info("incarnation %s begins", incarnation)
        self._tell(Arisen(incarnation, lease))

    def _fall(self, standing: Standing | None) -> None:
        if standing is None:
            return
        log.warning("incarnation %s is over: beginning anew", standing.incarnation)
        self.standing = None
        self._tell(LeaseLost(standing.incarnation))

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        self.changed.set()
        self._renewed(standing.incarnation, standing.deadline)

    def _until(self, asked: float, seconds: float) -> float:
        return asked + seconds - min(1.0, seconds / 6)

    def _revoke(self, lease: int) -> None:
        try:
            self._store.revoke(lease)
        except StoreError as error:
            log.warning("a lease was not given back (%s); it ends by itself", error)


class Watchdog:
    """Tells when an incarnation's deadline passes; the body of a thread that makes no call."""

    name = "lease watchdog"

    def __init__(self, presence: Presence, clock: Clock, tell: Callable[[LeaseLost], None]) -> None:
        self._presence = presence
        self._clock = clock
        self._tell = tell
        self._told: Standing | None = None

    def step(self) -> None:
        """Wait until the deadline as it is known now, or a second, and compare."""
        standing = self._presence.standing
        left = standing.deadline - self._clock.boot() if standing else 1.0
        if standing and left <= 0 and standing != self._told:
            self._told = standing
            log.warning(
                "incarnation %s could not renew its lease in time: nothing is claimed or started",
                standing.incarnation,
            )
            self._tell(LeaseLost(standing.incarnation))
        self._presence.changed.wait(min(1.0, left) if left > 0 else 1.0)
        self._presence.changed.clear()

    def wake(self) -> None:
        """End the wait."""
        self._presence.changed.set()

    def close(self) -> None:
        """Nothing is held."""
