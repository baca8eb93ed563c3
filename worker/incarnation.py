"""How an incarnation begins in the store, or is gone on with by its worker's next life."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from common import keys, lock
from common.clock import Clock
from common.constants import JOB_LOCK_DIR, JOB_RUN_DIR
from common.counts import count_of
from common.errors import InvalidField
from common.owed import RUNNING, unpack
from common.store import Absent, Put, Store, Transaction
from worker.claim import Claim, claim_of, job_and_run, lock_value
from worker.events import Inherited
from worker.finish import remove_kept
from worker.registration import Identity
from worker.state import State, StateFile

log = logging.getLogger(__name__)

_SAYS_RUNNING = f'"{RUNNING}"'.encode()


@dataclass(frozen=True, slots=True)
class Incarnation:
    """An incarnation whose alive key is there: its lease lasts `seconds` from `asked` on, a time
    of CLOCK_BOOTTIME; and what a former life of it left.
    """

    incarnation: str
    lease: int
    asked: float
    seconds: float
    inherited: Inherited


class Incarnations:
    """Belongs to the presence's thread; the store's errors pass through, to be tried again."""

    def __init__(
        self, store: Store, clock: Clock, identity: Identity, seconds: float, file: StateFile | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._identity = identity
        self._seconds = seconds
        self._file = file
        self._former: State | None = file.read() if file else None
        self.former = self._former.incarnation if self._former else ""
        self._began = False

    def begin(self) -> Incarnation:
        """Go on with the former life's incarnation if that lives, else begin a new one."""
        if self._former:
            begun = self._go_on(self._former)
            if begun:
                return begun
            log.info("incarnation %s is over: another worker says how its runs ended",
                     self._former.incarnation)  # fmt: skip
            self._former = None
        return self._anew()

    def is_over(self) -> None:
        """The incarnation ended, or its lease was given back: nobody is to go on with it."""
        self._former = None
        if self._file:
            self._file.remove()

    def _go_on(self, former: State) -> Incarnation | None:
        asked = self._clock.boot()
        left = self._store.renew(former.lease)
        alive = self._store.get(keys.alive(former.incarnation)) if left > 0 else None
        if alive is None or alive.lease != former.lease:
            return None
        inherited = left_by(self._store, former.incarnation)
        # After that: the end of what is inherited removes what is kept from now on.
        self._remove_kept(former.incarnation)
        runs = count_of(len(inherited.runs), "run")
        log.info("incarnation %s goes on, with %s of its former life", former.incarnation, runs)
        return Incarnation(former.incarnation, former.lease, asked, left, inherited)

    def _remove_kept(self, incarnation: str) -> None:
        """Nobody else removes the locks that its former life kept for a while."""
        for entry in self._store.snapshot(JOB_LOCK_DIR).entries:
            if lock.kept_by(entry.value) == incarnation:
                self._store.commit(remove_kept(entry.key, entry.value))

    def _anew(self) -> Incarnation:
        strays = () if self._began else strays_of(self._store, self._identity.name)
        incarnation = f"{self._identity.name}.{secrets.token_hex(4)}"
        asked = self._clock.boot()
        lease = self._store.grant(self._seconds)
        key = keys.alive(incarnation)
        self._store.commit(Transaction((Absent(key),), (Put(key, self._identity.alive(), lease),)))
        if self._file:
            self._file.write(incarnation, lease)
        # Should what comes next fail, it is gone on with.
        self._former = State(self._identity.name, incarnation, lease, boot="", place="")
        self._began = True
        log.info("incarnation %s begins", incarnation)
        return Incarnation(incarnation, lease, asked, self._seconds, Inherited(strays=strays))


def left_by(store: Store, incarnation: str) -> Inherited:
    """The runs that the store says are running under an incarnation; the store's errors."""
    runs = []
    for claim, fence in _running(store):
        if claim.incarnation != incarnation:
            continue
        there = store.get(keys.lock(claim.unit))
        holds = there is not None and there.value == lock_value(claim)
        runs.append((replace(claim, locks=holds), fence))
    return Inherited(tuple(runs))


def strays_of(store: Store, worker: str) -> tuple[tuple[str, tuple[str, int]], ...]:
    """The running runs of any incarnation of this worker: id, job and fence; the store's errors."""
    return tuple(
        (claim.run_id, (claim.name, fence))
        for claim, fence in _running(store)
        if claim.incarnation.rpartition(".")[0] == worker
    )


def _running(store: Store) -> Iterator[tuple[Claim, int]]:
    """The claim and the fence of each run that the store says is running."""
    for entry in store.snapshot(JOB_RUN_DIR).entries:
        if _SAYS_RUNNING not in entry.value:
            continue  # Most have ended, after an outage of the log store tens of thousands.
        name, run_id = job_and_run(entry.key)
        try:
            owed = unpack(entry.value)
        except InvalidField:
            continue  # The sweep says so.
        if owed.state == RUNNING and name:
            yield claim_of(name, run_id, owed, locks=True), entry.revision
