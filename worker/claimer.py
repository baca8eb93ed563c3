"""The claimer: the one thread of a worker that writes claims, ends and acknowledgements.

It owns what it left under each run's key. A transaction whose outcome is unknown is sent again,
the very same, until it is answered; a claim only as long as the lease surely holds.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from common.clock import Clock
from common.errors import StoreError, StoreRefused
from common.owed import Owed
from common.store import Store, Transaction
from worker.adoption import adopt, retire
from worker.asks import Adopt, Ask, End, Nudge, Recorded, Retire, Take
from worker.claim import Claim, acknowledge, missed_owed, settle, skip, skip_owed, take
from worker.ending import end
from worker.events import Adopted, Dropped, Event, Found, Held, Passed, Skipped, Won
from worker.patience import Patience
from worker.presence import Presence
from worker.sweep import Sweep
from worker.verdict import Verdict, judge

log = logging.getLogger(__name__)

REFUSED_SECONDS = 2.0
BATCH = 100

A = TypeVar("A", bound=Ask)


class Claimer:
    """The body of the claimer's thread; `inbox` takes what it is asked, from any thread."""

    name = "claimer"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        presence: Presence,
        sweep: Sweep,
        tell: Callable[[Event], None],
    ) -> None:
        self.inbox: queue.Queue[Ask] = queue.Queue()
        self._store = store
        self._clock = clock
        self._presence = presence
        self._tell = tell
        self._sweep = sweep
        self._left: dict[str, int] = {}
        self._recorded_early: set[str] = set()
        self._later: list[tuple[float, Ask]] = []
        self._patience = Patience()

    def step(self) -> None:
        """Do the next thing asked, and sweep when it is time."""
        try:
            self._do(self.inbox.get(timeout=1.0))
        except queue.Empty:
            pass
        while self._later and self._later[0][0] <= self._clock.boot():
            self.inbox.put(self._later.pop(0)[1])
        standing = self._presence.holds()
        if standing and self._sweep.is_due():
            self._look_for_owed(standing.incarnation)

    def wake(self) -> None:
        """Stop trying again; what is asked already is still done, each thing once."""
        self._patience.stop()
        self.inbox.put(Nudge())

    def close(self) -> None:
        """Do all that was asked; what the store does not take is left to others, and counted."""
        for _, ask in self._later:
            self.inbox.put(ask)
        while not self.inbox.empty():
            self._do(self.inbox.get_nowait())
        if self._patience.given_up:
            log.error("%d ends or acknowledgements were not written", self._patience.given_up)

    def _do(self, ask: Ask) -> None:
        self._attempt(ask, self._dispatch)

    def _attempt(self, ask: A, doing: Callable[[A], None]) -> None:
        try:
            doing(ask)
        except StoreRefused as error:
            log.error("the store refuses: %s; trying again later", error)
            self._put_off(ask)

    def _put_off(self, ask: Ask) -> None:
        """For a while, so that one thing the store will not take holds up nothing else."""
        if isinstance(ask, Take):
            self._tell(Dropped(ask.claim))
        elif self._patience.stopping:
            self._patience.given_up += 1
        else:
            self._later.append((self._clock.boot() + REFUSED_SECONDS, ask))

    def _dispatch(self, ask: Ask) -> None:
        match ask:
            case Take():
                self._take(ask)
            case End():
                self._end(ask)
            case Recorded():
                self._acknowledge(ask)
            case Adopt():
                self._adopt(ask)
            case Retire():
                self._patience.insist(lambda: retire(self._store, self._clock.wall_ms(), ask))
            case Nudge():
                pass

    def _take(self, ask: Take) -> None:
        claim = ask.claim
        owed = missed_owed(claim, ask.missed) if ask.missed else claim.owed()
        self._try(claim, owed, settle(claim, owed) if ask.missed else take(claim))

    def _skip(self, claim: Claim, holder: bytes) -> None:
        owed = skip_owed(claim, holder)
        self._try(claim, owed, skip(claim, owed))

    def _try(self, claim: Claim, owed: Owed, transaction: Transaction) -> None:
        outcome = self._patience.insist(
            lambda: self._store.commit(transaction), lambda: self._still(claim.incarnation)
        )
        if outcome is None:
            self._tell(Dropped(claim))
        elif outcome.won:
            self._won(claim, owed, outcome.revision)
        else:
            self._lost(claim, owed, judge(claim, owed, outcome.reads))

    def _won(self, claim: Claim, owed: Owed, revision: int) -> None:
        self._left[claim.run_key] = revision
        self._tell(Skipped(claim, owed) if owed.outcome else Won(claim, revision))

    def _lost(self, claim: Claim, owed: Owed, why: Verdict) -> None:
        if why.ours:
            self._won(claim, owed, why.ours)
        elif why.renounced:
            self._presence.renounce(claim.incarnation)
            self._tell(Dropped(claim))
        elif why.job_changed:
            self._tell(Dropped(claim))
        elif why.fired != claim.fired:
            self._tell(Passed(claim, why.fired))
        elif why.holder is not None and self._clock.wall_ms() >= claim.plan_time:
            self._skip(claim, why.holder)
        else:
            self._tell(Held(claim))

    def _end(self, ask: End) -> None:
        run_key = ask.finish.run_key
        revision = self._patience.insist(lambda: end(self._store, ask))
        self._left.pop(run_key, None)
        if revision:
            self._left[run_key] = revision
        early = run_key in self._recorded_early
        self._recorded_early.discard(run_key)
        if revision and early:
            self._acknowledge(Recorded((run_key,)))

    def _acknowledge(self, ask: Recorded) -> None:
        known = [(key, self._left[key]) for key in ask.run_keys if key in self._left]
        self._recorded_early.update(key for key in ask.run_keys if key not in self._left)
        for start in range(0, len(known), BATCH):
            part = known[start : start + BATCH]
            self._patience.insist(
                partial(self._store.commit_many, [acknowledge(*item) for item in part])
            )
        for key, _ in known:
            self._left.pop(key, None)

    def _adopt(self, first: Adopt) -> None:
        asks = [first, *self._following_adopts()]
        try:
            self._adopt_all(asks)
        except StoreRefused:
            if len(asks) == 1:
                raise
            for ask in asks:
                self._attempt(ask, lambda one: self._adopt_all([one]))

    def _adopt_all(self, asks: list[Adopt]) -> None:
        adopted = self._patience.insist(lambda: adopt(self._store, self._clock.wall_ms(), asks))
        if adopted:
            self._tell(Adopted(adopted))

    def _following_adopts(self) -> list[Adopt]:
        """Those that wait next in line: a start asks for all jobs one after the other."""
        following = []
        while self.inbox.queue and isinstance(self.inbox.queue[0], Adopt):
            ask = self.inbox.get_nowait()
            if isinstance(ask, Adopt):
                following.append(ask)
        return following

    def _look_for_owed(self, incarnation: str) -> None:
        try:
            mine = self._sweep.run(incarnation, self._left)
        except StoreError as error:
            log.warning("could not look for what is owed (%s); looking again later", error)
            return
        if mine:
            self._tell(Found(tuple(mine)))

    def _still(self, incarnation: str) -> bool:
        standing = self._presence.holds()
        return standing is not None and standing.incarnation == incarnation
