"""Turns of waiting runs: tried in batches, and each answered by what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from common import keys, lock
from common.errors import InvalidField, StoreFull, StoreRefused
from common.owed import RUNNING, unpack
from common.store import Entry, Outcome
from worker.asks import Turn, Turns
from worker.claim import Claim
from worker.committer import Answer, Posting
from worker.contention import Contention
from worker.events import Event
from worker.overlap import hand_over, turn
from worker.presence import Presence
from worker.waits import Turned, Unturned

log = logging.getLogger(__name__)


class Turner:
    """Belongs to the claimer's thread."""

    def __init__(
        self, presence: Presence, tell: Callable[[Event], None], contention: Contention
    ) -> None:
        self._presence = presence
        self._tell = tell
        self._contention = contention

    def turns(self, asks: Sequence[Turns]) -> list[Posting]:
        """What tries these; each turn is answered once."""
        turns = [each for ask in asks for each in ask.turns]
        return [self._hand_over(each) if each.to else self._try(each) for each in turns]

    def _hand_over(self, ask: Turn) -> Posting:
        claim, unit = ask.claim, ask.claim.unit if ask.unlocked else ""
        asked = hand_over(claim.run_key, ask.revision, ask.owed or claim.owed(), ask.to, unit)
        still = partial(self._presence.is_held, claim.incarnation)
        return Posting(asked, partial(self._handed, ask), still)

    def _handed(self, ask: Turn, answer: Answer) -> list[Posting]:
        """It is another's, or it is tried again; who knows least says that it waits still."""
        moved = False
        if answer is not None and not isinstance(answer, StoreRefused):
            entry = answer.reads.get(ask.claim.run_key)
            moved = answer.won or entry is None or entry.revision != ask.revision
            if answer.won or (moved and entry is not None):
                self._presence.handing.note(ask.to)
        self._tell(Unturned(ask.claim, moved=moved))
        return []

    def _try(self, ask: Turn, kept: Entry | None = None) -> Posting:
        still = partial(self._presence.is_held, ask.claim.incarnation)
        return Posting(turn(ask.claim, ask.revision, kept), partial(self._heard, ask), still)

    def _heard(self, ask: Turn, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            # Of a full store it is told once, by the store itself.
            level = logging.DEBUG if isinstance(answer, StoreFull) else logging.ERROR
            log.log(level, "run=%s cannot take its turn: %s", ask.claim.run_id, answer)
        if answer is None or isinstance(answer, StoreRefused):
            self._tell(Unturned(ask.claim))
        elif answer.won:
            self._tell(Turned(ask.claim, answer.revision))
        else:
            return self._lost(ask, answer)
        return []

    def _lost(self, ask: Turn, answer: Outcome) -> list[Posting]:
        """Its turn it was by an earlier copy; or the run still waits, or is ours no more."""
        claim, entry = ask.claim, answer.reads.get(ask.claim.run_key)
        there = answer.reads.get(keys.lock(claim.unit))
        if answer.reads.get(keys.alive(claim.incarnation)) is None:
            self._presence.renounce(claim.incarnation)
            self._tell(Unturned(claim, moved=True))
        elif entry is not None and entry.revision != ask.revision and _is_turned(entry, claim):
            self._tell(Turned(claim, entry.revision))
        elif entry is None or entry.revision != ask.revision:
            self._tell(Unturned(claim, moved=True))
        elif (job := answer.reads.get(keys.job(claim.name))) is None:
            self._tell(Unturned(claim, deleted=True))
        elif there and lock.holder(there) is None and job.revision == claim.job_revision:
            return [self._try(ask, there)]
        elif there and not there.lease:
            still = partial(self._presence.is_held, claim.incarnation)
            again = partial(self._try, ask)
            return [self._contention.free(there, still, again, partial(self._heard, ask))]
        elif there:
            return self._replace(ask, there)
        else:
            self._tell(Unturned(claim))
        return []

    def _replace(self, ask: Turn, there: Entry) -> list[Posting]:
        """It waits still; what holds the lock ends where it is to make room for it."""
        try:
            kill = self._contention.kill_before_turn(ask.claim, ask.revision, there)
        except StoreRefused as error:
            return self._heard(ask, error)
        self._tell(Unturned(ask.claim))
        return [Posting(kill, partial(self._asked_to_end, ask))] if kill else []

    def _asked_to_end(self, ask: Turn, answer: Answer) -> list[Posting]:
        """Where that did not come through it is asked again at the next turn."""
        if not isinstance(answer, Outcome) or not answer.won:
            self._contention.forget(ask.claim)
        return []


def _is_turned(entry: Entry, claim: Claim) -> bool:
    try:
        owed = unpack(entry.value)
    except InvalidField:
        return False
    return (owed.state, owed.incarnation) == (RUNNING, claim.incarnation)
