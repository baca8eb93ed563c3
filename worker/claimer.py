"""The claimer: the one thread of a worker that writes claims, ends and acknowledgements.

It owns what it left under each run's key. All that was asked goes into the same few requests, the
claims first; how long each waits for the others is `gathering`'s.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence

from common.errors import StoreError, StoreFull, StoreRefused
from common.store import Store
from common.trusted_clock import TrustedClock
from worker.acks import Acks
from worker.adoption import Adopter
from worker.asks import (
    Adopt,
    Adopts,
    Ask,
    Before,
    End,
    KeysAlone,
    Nudge,
    Recorded,
    Retire,
    Settle,
    Take,
    Turns,
)
from worker.committer import Committer
from worker.contention import Contention
from worker.ends import EndWriter
from worker.events import EndsWritten, Event, Found
from worker.fallback import MOST_UNRECORDED, Fallback
from worker.gathering import Gathering
from worker.left import Left
from worker.marks import Marks
from worker.mixed import Mixed
from worker.patience import Patience
from worker.presence import Presence
from worker.sweep import Sweep
from worker.taking import Taker
from worker.turning import Turner

log = logging.getLogger(__name__)

REFUSED_SECONDS = 2.0
BLOCKED_SECONDS = 1.0
"""So soon it is seen whether what cannot be looked for now can be."""
FILING_SECONDS = 0.2
"""So soon it is seen whether there is room for further records."""
TAKEOVERS_AT_ONCE = 200
"""So many of a dead worker's keys are taken over before other things that are asked."""


class Claimer:
    """The body of the claimer's thread; `inbox` takes what it is asked, from any thread."""

    name = "claimer"

    def __init__(
        self,
        store: Store,
        clock: TrustedClock,
        presence: Presence,
        sweep: Sweep,
        tell: Callable[[Event], None],
        mixed: Mixed | None = None,
        safe: Callable[[tuple[str, ...]], None] = lambda run_ids: None,
        most: Callable[[], int] = lambda: MOST_UNRECORDED,
    ) -> None:
        """Without `mixed` it stands beside no workers of the Go system.

        `safe` hears of runs whose ends, told by executors, are written and recorded. `most` says
        how many keys may wait for the log store.
        """
        self._patience = Patience()
        self._gathering = Gathering(clock, lambda: self._patience.stopping)
        self.inbox = self._gathering.inbox
        self._clock = clock
        self._presence = presence
        self._tell = tell
        self._sweep = sweep
        self._left = Left()
        self._acks = Acks(safe)
        self._later: list[tuple[float, Ask]] = []
        self._committer = Committer(store, self._patience)
        contention = Contention(store, self._patience, clock)
        self._taker = Taker(clock, presence, tell, self._left, contention)
        self._turner = Turner(presence, tell, contention)
        self._marks = Marks(clock, presence.holds, mixed or Mixed())
        self._fallback = Fallback(self._left, most)
        self._ends = EndWriter(
            store, self._patience, self._left, self._put_off, sweep.file, self._marks, tell,
            sweep.hasten, self._fallback,
        )  # fmt: skip
        self._adopter = Adopter(store, self._patience, clock, tell, self._put_off, self._wait)

    def step(self) -> None:
        """Do what was asked, and sweep when it is time."""
        self._do(self._gathering.collect(self._next_at()))
        while self._later and self._later[0][0] <= self._clock.boot():
            self.inbox.put(self._later.pop(0)[1])
        self._committer.post(self._marks.due(self._clock.boot()))
        standing = self._presence.holds()
        if standing and self._clock.trusted_ms() is not None:
            if self._patience.was_unsure():
                self._sweep.hasten()
            self._settle(standing.incarnation)
        else:
            self._sweep.break_off()

    @property
    def keys_gone(self) -> int:
        """Of how many runs the spool alone told of what is to be recorded; from any thread."""
        return self._fallback.gone

    def nudge(self) -> None:
        """Look at the clock; from any thread."""
        self.inbox.put(Nudge())

    def wake(self) -> None:
        """Stop trying again; what is asked already is still done, each thing once."""
        self._patience.stop()
        self.inbox.put(Nudge())

    def close(self) -> None:
        """Do all that was asked; what the store does not take is left to others, and counted."""
        for _, ask in self._later:
            self.inbox.put(ask)
        while not self._gathering.is_empty:
            self._do(self._gathering.collect())
        self._committer.post(self._marks.due(math.inf))
        if self._patience.given_up:
            log.error("%d requests to the store were not answered", self._patience.given_up)

    def _next_at(self) -> float:
        """When there is something to do that nobody asks for, boot seconds."""
        now, look = self._clock.boot(), self._sweep.next_at
        if self._sweep.is_under_way:
            return now
        if self._sweep.is_filing or self._fallback.is_behind:
            look = min(look, now + FILING_SECONDS)
        if look <= now or self._patience.is_unsure:
            look = now + BLOCKED_SECONDS
        return min(look, self._marks.next_at(), self._later[0][0] if self._later else look)

    def _settle(self, incarnation: str) -> None:
        """Look for what is owed when it is time, and take over some of what the dead left."""
        if self._sweep.is_due():
            self._look_for_owed(incarnation)
        postings = self._sweep.next(TAKEOVERS_AT_ONCE, self._presence.is_held)
        self._committer.post(postings)
        going = [*self._sweep.file_some(), *self._fallback.look()]
        self._committer.post(self._ends.dropped(going))
        keyless = self._sweep.keyless()
        self._acks.look(keyless, keyless)
        if postings:
            self.inbox.put(Nudge())

    def _do(self, asks: Sequence[Ask]) -> None:
        for ask in asks:
            if isinstance(ask, Settle):
                self._sweep.hasten(ask.dead)
            elif isinstance(ask, KeysAlone):
                self._sweep.are_alone(ask.run_ids, ask.told)
        recorded = [key for ask in asks if isinstance(ask, Recorded) for key in ask.run_keys]
        takes = [ask for ask in asks if isinstance(ask, Take)]
        turns = [ask for ask in asks if isinstance(ask, Turns)]
        wanted = {ask.claim.unit for ask in takes}
        wanted |= {each.claim.unit for ask in turns for each in ask.turns}
        ends = [ask for ask in asks if isinstance(ask, End)]
        before = [run_id for ask in asks if isinstance(ask, Before) for run_id in ask.run_ids]
        self._left.expect(before)
        if any(isinstance(ask, Before) and ask.last for ask in asks):
            self._sweep.all_told()
        self._acks.expect([*before, *(ask.finish.run_id for ask in ends if ask.told)])
        # An end goes before the claim that wants its lock, the others after what starts runs.
        locking = [ask for ask in ends if ask.finish.unit in wanted]
        others = [ask for ask in ends if ask.finish.unit not in wanted]
        going = self._ends.acknowledgements(recorded, ends)
        # A run that waits comes before a claim of the same moment.
        postings = self._ends.ends(locking) + self._turner.turns(turns) + self._taker.claims(takes)
        postings += self._adopter.retirements([ask for ask in asks if isinstance(ask, Retire)])
        postings += self._adopter.adoptions(_adopts(asks))
        self._committer.post(postings + self._ends.ends(others) + going)
        written = self._ends.written()
        told = [run_id for ask in asks if isinstance(ask, Recorded) for run_id in ask.told]
        self._acks.look(told, [*before, *written])
        if written:
            self._tell(EndsWritten(written))

    def _put_off(self, ask: Ask, error: StoreRefused) -> None:
        """For a while, so that one thing the store will not take holds up nothing else."""
        # Of a full store it is told once, by the store itself.
        level = logging.DEBUG if isinstance(error, StoreFull) else logging.ERROR
        log.log(level, "the store refuses: %s; trying again later", error)
        self._wait([ask])

    def _wait(self, asks: Sequence[Ask]) -> None:
        if self._patience.stopping:
            self._patience.given_up += len(asks)
        else:
            self._later += [(self._clock.boot() + REFUSED_SECONDS, ask) for ask in asks]

    def _look_for_owed(self, incarnation: str) -> None:
        try:
            mine = self._sweep.step(incarnation, self._left)
        except StoreError as error:
            log.warning("could not look for what is owed (%s); looking again later", error)
            return
        if mine:
            self._tell(Found(tuple(mine)))


def _adopts(asks: Sequence[Ask]) -> list[Adopt]:
    """What is asked about watermarks, one by one or many at once, in order."""
    found: list[Adopt] = []
    for ask in asks:
        if isinstance(ask, Adopt | Adopts):
            found += ask.jobs if isinstance(ask, Adopts) else (ask,)
    return found
