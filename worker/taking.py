"""Claims under way: made in batches, and each answered by what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from common import keys, lock
from common.clock import Clock
from common.errors import StoreFull, StoreRefused
from common.owed import WAITING, Owed
from common.store import Entry, Read, Transaction
from common.watermark import watermark_of
from worker.asks import Take
from worker.claim import Claim, missed_owed, run_of_key, settle, take
from worker.committer import WIDEST, Answer, Posting
from worker.contention import Contention
from worker.events import Dropped, Event, LockHeld, Passed, Skipped, Untaken, Won
from worker.left import Left
from worker.overlap import give_way, wait, yield_owed
from worker.presence import Presence
from worker.verdict import Verdict, judge
from worker.waits import Waits

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Try:
    """A claim under way, and what is asked for.

    `owed` is what its key will say where nothing is to run by it, or not yet. `waiting` is the key
    of the run that it gives way to, if any.
    """

    claim: Claim
    owed: Owed | None
    transaction: Transaction
    waiting: Entry | None = None

    def past(self, kept: Entry) -> Try:
        """The same where the lock is only kept after its run's end."""
        if self.waiting and self.owed:
            asked = give_way(self.claim, self.owed, self.waiting, kept)
            return replace(self, transaction=asked)
        return Try(self.claim, None, take(self.claim, kept))


class Taker:
    """Belongs to the claimer's thread. The revisions of keys that are ours go into `left`."""

    def __init__(
        self,
        clock: Clock,
        presence: Presence,
        tell: Callable[[Event], None],
        left: Left,
        contention: Contention,
    ) -> None:
        self._clock = clock
        self._presence = presence
        self._tell = tell
        self._left = left
        self._contention = contention

    def claims(self, asks: Sequence[Take]) -> list[Posting]:
        """What makes these claims and looks; each is answered once."""
        looks = [ask for ask in asks if ask.look]
        parts = [looks[start : start + WIDEST] for start in range(0, len(looks), WIDEST)]
        claims = self._first([ask for ask in asks if not ask.look])
        return claims + [self._look(part) for part in parts]

    def _first(self, asks: Sequence[Take]) -> list[Posting]:
        """What is tried first: who waits already comes before a run of the same unit."""
        try:
            runs = [ask.claim for ask in asks if not ask.missed]
            before = self._contention.precedence.waiting(runs)
        except StoreRefused as error:
            log.error("it cannot be read who waits: %s", error)
            before = None
        if before is None:
            for ask in asks:
                self._tell(Dropped(ask.claim))
            return []
        postings: list[Posting] = []
        for ask in asks:
            waiting = None if ask.missed else before.get(ask.claim.unit)
            if waiting is None:
                postings.append(self._try(_first_try(ask)))
            elif self._is_time(ask.claim):
                owed = yield_owed(ask.claim, run_of_key(waiting.key))
                asked = give_way(ask.claim, owed, waiting)
                postings.append(self._try(Try(ask.claim, owed, asked, waiting)))
            else:
                self._tell(LockHeld(ask.claim))
        return postings

    def _look(self, asks: Sequence[Take]) -> Posting:
        """Where others come first: read all watermarks at once."""
        read = Transaction((), tuple(Read(keys.fired(ask.claim.unit)) for ask in asks))
        return Posting(read, partial(self._looked, asks), self._presence.is_held)

    def _looked(self, asks: Sequence[Take], answer: Answer) -> list[Posting]:
        """Tell what others have taken, and what not."""
        if answer is None or isinstance(answer, StoreRefused):
            for ask in asks:
                self._tell(Dropped(ask.claim))
            return []
        for ask in asks:
            fired = watermark_of(answer.reads[keys.fired(ask.claim.unit)])
            taken = fired != ask.claim.fired
            self._tell(Passed(ask.claim, fired) if taken else Untaken(ask.claim))
        return []

    def _try(self, each: Try) -> Posting:
        still = partial(self._presence.is_held, each.claim.incarnation)
        return Posting(each.transaction, partial(self._heard, each), still, urgent=True)

    def _heard(self, each: Try, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            # Of a full store it is told once, by the store itself.
            level = logging.DEBUG if isinstance(answer, StoreFull) else logging.ERROR
            log.log(level, "job=%s cannot be claimed: %s", each.claim.name, answer)
        if answer is None or isinstance(answer, StoreRefused):
            self._tell(Dropped(each.claim))
        elif answer.won:
            self._won(each, answer.revision)
        else:
            owed = each.owed or each.claim.owed()
            return self._lost(each, judge(each.claim, owed, answer.reads))
        return []

    def _won(self, each: Try, revision: int) -> None:
        if each.owed is None:
            self._contention.precedence.taken(each.claim)
            self._left.waits(each.claim.run_key)
            self._tell(Won(each.claim, revision))
        elif each.owed.state == WAITING:
            self._tell(Waits(each.claim, each.owed, revision, revision, settled=True))
        else:
            self._left.stands(each.claim.run_key, revision)
            self._tell(Skipped(each.claim, each.owed))

    def _lost(self, each: Try, why: Verdict) -> list[Posting]:
        """Say why it was lost, or give what is to be made instead."""
        claim = each.claim
        if why.ours:
            self._won(each, why.ours)
        elif why.renounced:
            self._presence.renounce(claim.incarnation)
            self._tell(Dropped(claim))
        elif why.job_changed:
            self._tell(Dropped(claim))
        elif why.fired != claim.fired:
            self._tell(Passed(claim, why.fired))
        elif why.lock is not None and not why.lock.lease:
            still = partial(self._presence.is_held, claim.incarnation)
            again = partial(self._try, each)
            return [self._contention.free(why.lock, still, again, partial(self._heard, each))]
        elif why.lock is not None and lock.holder(why.lock) is None:
            return [self._try(each.past(why.lock))]
        elif why.lock is not None and self._is_time(claim):
            return self._overlap(each, why.lock.value)
        else:
            self._tell(LockHeld(claim))
        return []

    def _overlap(self, each: Try, holder: bytes) -> list[Posting]:
        """The job still runs: the instant waits for its turn, or is skipped."""
        claim = each.claim
        try:
            owed = self._contention.owed(claim, holder)
            kill = None if owed is None else self._contention.kill(claim, holder)
        except StoreRefused as error:
            return self._heard(each, error)
        if owed is None or kill is None:
            return self._heard(each, None)
        return [self._try(Try(claim, owed, wait(claim, owed, kill)))]

    def _is_time(self, claim: Claim) -> bool:
        """Whether a held lock means that the instant is skipped; what is caught up can wait."""
        if claim.asked:
            return True
        return self._clock.wall_ms() >= claim.plan_time and not claim.caught_up


def _first_try(ask: Take) -> Try:
    claim = ask.claim
    if ask.missed:
        owed = missed_owed(claim, ask.missed)
        return Try(claim, owed, settle(claim, owed))
    return Try(claim, None, take(claim))
