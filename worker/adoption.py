"""How a worker finds the watermarks of jobs, and makes or moves them where nobody else did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from common import keys
from common.constants import FORGET_WATERMARK_SECONDS
from common.errors import ClockOff, StoreRefused
from common.store import Entry, Read, Store, Transaction
from common.trusted_clock import TrustedClock
from worker.asks import Adopt, Ask, Retire
from worker.committer import WIDEST, Answer, Posting
from worker.ends import PutOff
from worker.events import Adopted, Event, Retired
from worker.patience import Patience
from worker.shared_lease import SharedLease
from worker.watermarks import forget, is_due, move, stays, wrong

log = logging.getLogger(__name__)

Reads = Mapping[str, Entry | None]
A = TypeVar("A", Adopt, Retire)

MANY, MOST_AT_ONCE = 1_000, 5_000
"""Of so many jobs the watermarks are read at once, with those of all between them by name."""
RESTING_SECONDS = 60.0
"""Watermarks that are retired within so long share a lease."""


class Adopter:
    """Belongs to the claimer's thread. One thing that the store refuses holds up nothing else.

    `begun_anew` counts the watermarks that were gone, or that nobody of ours wrote.
    Nothing is written by a clock that is not to be trusted: that is asked `again` later.
    """

    def __init__(
        self,
        store: Store,
        patience: Patience,
        clock: TrustedClock,
        tell: Callable[[Event], None],
        put_off: PutOff,
        again: Callable[[Sequence[Ask]], None],
    ) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._tell = tell
        self._put_off = put_off
        self._again = again
        self.begun_anew = 0
        self._resting = SharedLease(
            store, patience, clock, FORGET_WATERMARK_SECONDS, RESTING_SECONDS
        )

    def adoptions(self, asks: Sequence[Adopt]) -> list[Posting]:
        """What finds these watermarks; a job that changes meanwhile is left to the watch.

        What was asked about a job twice is done by the last of it.
        """
        latest = list({ask.unit: ask for ask in asks}.values())
        if len(latest) < MANY:
            parts = _parts(latest)
            return [Posting(_reading(part), partial(self._adopt_read, part)) for part in parts]
        latest.sort(key=lambda ask: ask.unit)
        starts = range(0, len(latest), MOST_AT_ONCE)
        parts = [latest[start : start + MOST_AT_ONCE] for start in starts]
        return [posting for part in parts for posting in self._adopt_many(part)]

    def retirements(self, asks: Sequence[Retire]) -> list[Posting]:
        """What keeps deleted jobs' watermarks for a day, where our master's deletion did not."""
        latest = list({ask.unit: ask for ask in asks}.values())
        return [
            Posting(_reading(part), partial(self._retire_read, part)) for part in _parts(latest)
        ]

    def _adopt_many(self, asks: Sequence[Adopt]) -> list[Posting]:
        """When a worker starts: those between them, by name, are mostly its own."""
        found = sorted(keys.fired(ask.unit) for ask in asks)
        try:
            read = self._patience.insist(lambda: self._store.between(found[0], found[-1]))
        except StoreRefused as error:
            return self._refused(asks, error)
        if read is None:
            return []
        return self._adopt(asks, {entry.key: entry for entry in read})

    def _adopt_read(self, asks: Sequence[Adopt], answer: Answer) -> list[Posting]:
        if answer is None or isinstance(answer, StoreRefused):
            return self._refused(asks, answer)
        return self._adopt(asks, answer.reads)

    def _adopt(self, asks: Sequence[Adopt], reads: Reads) -> list[Posting]:
        """Tell of those that are right, and move the others."""
        right: dict[str, tuple[int, int]] = {}
        others = []
        for ask in asks:
            unit = ask.unit
            fired = stays(ask, reads.get(keys.fired(unit)))
            if fired is None:
                others.append(ask)
            else:
                right[unit] = ask.job_revision, fired
        if right:
            self._tell(Adopted(right))
        now_ms = self._now_ms(others)
        if now_ms is None:
            return []
        return [self._move(ask, reads.get(keys.fired(ask.unit)), now_ms) for ask in others]

    def _move(self, ask: Adopt, entry: Entry | None, now_ms: int) -> Posting:
        fired, transaction = move(ask, entry, now_ms)
        return Posting(transaction, partial(self._moved, ask, fired, wrong(ask, entry)))

    def _moved(self, ask: Adopt, fired: int, what: str, answer: Answer) -> list[Posting]:
        if answer is None or isinstance(answer, StoreRefused):
            return self._refused([ask], answer)
        if answer.won:
            if what:
                self.begun_anew += 1
                log.warning("job=%s: its watermark %s and begins anew", ask.unit, what)
            self._tell(Adopted({ask.unit: (ask.job_revision, fired)}))
            return []
        job = answer.reads[keys.job(ask.name)]
        if job is None or job.revision != ask.job_revision:
            return []
        return self._adopt([ask], answer.reads)

    def _retire_read(self, asks: Sequence[Retire], answer: Answer) -> list[Posting]:
        """What is retired already, or has no watermark, is only told of."""
        if answer is None or isinstance(answer, StoreRefused):
            return self._refused(asks, answer)
        entries = {ask.unit: answer.reads.get(keys.fired(ask.unit)) for ask in asks}
        due = [(ask, e) for ask in asks if (e := entries[ask.unit]) and is_due(ask, e)]
        late = {ask.unit for ask, _ in due}
        self._retired([ask for ask in asks if ask.unit not in late])
        now_ms = self._now_ms([ask for ask, _ in due])
        if now_ms is None:
            return []
        lease = self._resting.get()
        if lease is None:
            return []
        return [
            Posting(forget(ask, entry, now_ms, lease), partial(self._forgotten, ask))
            for ask, entry in due
        ]

    def _forgotten(self, ask: Retire, answer: Answer) -> list[Posting]:
        if answer is None or isinstance(answer, StoreRefused):
            return self._refused([ask], answer)
        if answer.won:
            self._retired([ask])
        elif _revision(answer.reads[keys.job(ask.name)]) == ask.job_revision:
            return self.retirements([ask])
        return []

    def _retired(self, asks: Sequence[Retire]) -> None:
        if asks:
            self._tell(Retired({ask.unit: ask.revision for ask in asks}))

    def _now_ms(self, asks: Sequence[Ask]) -> int | None:
        """Now, by a clock that is to be trusted; None for none, or nothing to do by it."""
        if not asks:
            return None
        try:
            return self._clock.required_ms()
        except ClockOff:
            self._again(asks)
            return None

    def _refused(self, asks: Sequence[Ask], answer: StoreRefused | None) -> list[Posting]:
        """Without an answer we are stopping: it is left to others."""
        if answer is not None:
            for ask in asks:
                self._put_off(ask, answer)
        return []


def _revision(entry: Entry | None) -> int:
    return entry.revision if entry else 0


def _reading(asks: Sequence[Adopt | Retire]) -> Transaction:
    return Transaction((), tuple(Read(keys.fired(ask.unit)) for ask in asks))


def _parts(asks: list[A]) -> list[list[A]]:
    return [asks[start : start + WIDEST] for start in range(0, len(asks), WIDEST)]
