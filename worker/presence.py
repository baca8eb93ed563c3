"""The worker's life in the store: its incarnation's lease, and its registration.

One thread renews; a second watches the deadline and does no call that could hold it up. Whether
the lease still holds is a comparison with a CLOCK_BOOTTIME deadline, made by whoever is about to
do something that hangs on it. The leases are renewed only while the scheduler ticks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from common.clock import Clock
from common.errors import StoreError
from common.store import Store
from worker.draining import Draining
from worker.events import Arisen, Inherited, LeaseLost
from worker.incarnation import Incarnation, Incarnations
from worker.notice import Notice
from worker.pulse import Pulse
from worker.registration import Identity, Registration
from worker.standing import Standing
from worker.state import StateFile

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


class Presence:
    """Keeps the leases; the body of the presence thread. Only this thread changes `standing`.

    It begins an incarnation, or goes on with that of its last life, once the worker's name is
    free. If the name is lost to another later, runs and leases go on and nothing new is claimed.
    """

    name = "presence"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        identity: Identity,
        lost_after: float,
        registered_for: float,
        tell: Callable[[Arisen | Inherited | LeaseLost], None],
        renewed: Callable[[str, float], None] = lambda incarnation, deadline: None,
        pulse: Pulse | None = None,
        file: StateFile | None = None,
        draining: Draining | None = None,
    ) -> None:
        """`renewed` hears the incarnation and its deadline at each renewal, and must not block.

        Without a pulse leases are renewed always; without a file each life begins anew.
        """
        self._store = store
        self._clock = clock
        self._lost_after = lost_after
        self._registered_for = registered_for
        self._pulse = pulse or Pulse(clock, lost_after)
        self._tell = tell
        self._renewed = renewed
        self._woken = threading.Event()
        self._draining = draining or Draining(identity.name)
        self._draining.changed = self._woken.set
        self._renounced = ""
        notice = self.notice = Notice(identity.name, self._draining, self._woken.set)
        self.publish, self.rest, self.handing = notice.publish, notice.rest, notice.handing
        self._incarnations = Incarnations(store, clock, identity, lost_after, file)
        former = self._incarnations.former
        self._registration = Registration(store, clock, identity, registered_for, former)
        self._said = ""
        self._ready = threading.Event()
        self._left_behind = False
        self.standing: Standing | None = None
        self.changed = threading.Event()
        """Set when the deadline begins, or is sooner than it was known to be."""

    def holds(self) -> Standing | None:
        """The standing while its deadline has not passed; from any thread."""
        standing = self.standing
        return standing if standing and self._clock.boot() < standing.deadline else None

    def may_claim(self) -> Standing | None:
        """The standing while it holds and the worker's name is its own; from any thread."""
        return None if self._registration.taken else self.holds()

    def await_ready(self, timeout: float) -> bool:
        """Wait until an incarnation has begun and is registered, `timeout` s; whether so."""
        return self._ready.wait(timeout)

    def incarnation(self) -> str:
        """The incarnation while its deadline has not passed, else ""; from any thread."""
        standing = self.holds()
        return standing.incarnation if standing else ""

    @property
    def rests(self) -> bool:
        """Whether it was said that nothing more starts, since this worker was drained."""
        return self.notice.rests

    def drain(self) -> None:
        """Say in the registration that this worker takes no more runs; as `publish`."""
        self._draining.stop()

    def leave_runs(self) -> None:
        """Runs of ours are left at a stop: the lease stays for the next life; as `publish`."""
        self._left_behind = True

    def is_held(self, incarnation: str = "") -> bool:
        """Whether the deadline has not passed, and it is this incarnation's if one is given.

        From any thread.
        """
        standing = self.holds()
        return standing is not None and incarnation in ("", standing.incarnation)

    def renounce(self, incarnation: str) -> None:
        """The incarnation's alive key is gone: begin a new one; from any thread."""
        self._renounced = incarnation
        self._woken.set()

    def step(self) -> None:
        """Renew or begin what is due, then wait for the next time."""
        pause = RETRY_SECONDS
        try:
            if self._pulse.is_felt() and self._keep():
                pause = min(self._lost_after, self._registered_for) / 3
            self._said = ""
        except StoreError as error:
            if str(error) != self._said:
                log.warning("cannot renew the worker's leases (%s); trying again", error)
            self._said = str(error)
        self._woken.wait(pause)
        self._woken.clear()

    def wake(self) -> None:
        """End the wait for the next renewal."""
        self._woken.set()

    def close(self) -> None:
        """Give the leases back, so that others need not wait for their end.

        The incarnation's is kept where runs of it are left, or where nobody knows since the
        scheduler died: it stands for them and their locks until the next life.
        """
        standing, self.standing = self.standing, None
        if self._registration.lease:
            self._revoke(self._registration.lease)
        if standing and (self._left_behind or not self._pulse.rests):
            log.warning("incarnation %s keeps its lease for its runs", standing.incarnation)
        elif standing and self._revoke(standing.lease):
            self._incarnations.is_over()

    def _keep(self) -> bool:
        """Keep the incarnation and the registration; whether both are as they should be."""
        standing = self.standing
        if standing is None or not self._renew(standing):
            return self._begin(standing)
        return self._register(standing.incarnation)

    def _register(self, incarnation: str) -> bool:
        return self._registration.keep(incarnation, self.notice.member())

    def _renew(self, standing: Standing) -> bool:
        if standing.incarnation == self._renounced:
            return False
        asked = self._clock.boot()
        left = self._store.renew(standing.lease)
        if left <= 0:
            return False
        held = self._clock.boot() < standing.deadline
        self._stand(Standing(standing.incarnation, standing.lease, self._until(asked, left)))
        if not held:
            log.info("incarnation %s holds again", standing.incarnation)
            self._tell(Arisen(standing.incarnation, standing.lease, self._draining.is_on))
        return True

    def _begin(self, over: Standing | None) -> bool:
        """Begin, or go on with what a former life left; nothing while the name is another's."""
        self._fall(over)
        if not self._registration.is_free():
            return False
        begun = self._incarnations.begin()
        self._draining.look(self._store)
        if not self._register(begun.incarnation):
            return False
        self._arise(begun)
        return True

    def _arise(self, begun: Incarnation) -> None:
        if not self._ready.is_set():
            # Before anything can be claimed or found in this life.
            self._tell(begun.inherited)
        until = self._until(begun.asked, begun.seconds)
        self._stand(Standing(begun.incarnation, begun.lease, until))
        self._tell(Arisen(begun.incarnation, begun.lease, self._draining.is_on))
        self._ready.set()

    def _fall(self, standing: Standing | None) -> None:
        if standing is None:
            return
        log.warning("incarnation %s is over: beginning anew", standing.incarnation)
        self.standing = None
        self._incarnations.is_over()
        self._tell(LeaseLost(standing.incarnation))

    def _stand(self, standing: Standing) -> None:
        before, self.standing = self.standing, standing
        if before is None or not self._clock.boot() < before.deadline <= standing.deadline:
            self.changed.set()
        self._renewed(standing.incarnation, standing.deadline)

    def _until(self, asked: float, seconds: float) -> float:
        return asked + seconds - min(1.0, seconds / 6)

    def _revoke(self, lease: int) -> bool:
        try:
            self._store.revoke(lease)
            return True
        except StoreError as error:
            log.warning("a lease was not given back (%s); it ends by itself", error)
            return False
