"""The ends of runs: written, and dropped from the store once the log store has their records.

Where the record is there before the end is written, both are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from common.errors import StoreRefused
from common.owed import Owed, pack
from common.store import Outcome, Store
from worker.asks import Ask, End, Recorded
from worker.committer import Answer, Posting
from worker.ending import Written, end_otherwise
from worker.events import Event
from worker.fallback import Fallback
from worker.finish import acknowledge, finish
from worker.left import Left
from worker.marks import Marks
from worker.patience import Patience
from worker.waits import waits_by

PutOff = Callable[[Ask, StoreRefused], None]
"""Is told of what the store refuses, to ask for it again later."""


class EndWriter:
    """Belongs to the claimer's thread. `left` has the keys that stand as ours, or soon will.

    `file` is given a run key of ours that is to be recorded by what it says. `tell` hears of the
    further attempts that wait from now on, `hasten` of a dead incarnation under which one does.
    """

    def __init__(
        self,
        store: Store,
        patience: Patience,
        left: Left,
        put_off: PutOff,
        file: Callable[[str, Owed], None],
        marks: Marks,
        tell: Callable[[Event], None],
        hasten: Callable[[str], None],
        fallback: Fallback,
    ) -> None:
        self._store = store
        self._patience = patience
        self._left = left
        self._put_off = put_off
        self._file = file
        self._marks = marks
        self._tell = tell
        self._hasten = hasten
        self._fallback = fallback
        self._written: list[str] = []

    def ends(self, asks: Iterable[End]) -> list[Posting]:
        """What writes these ends, each with its key's going where its records are stored."""
        return [self._end(ask) for ask in asks]

    def acknowledgements(self, run_keys: Iterable[str], ends: Iterable[End]) -> list[Posting]:
        """What drops the keys of these records; those of `ends` to be written go with the ends."""
        for ask in ends:
            self._left.waits(ask.finish.run_key)
        return self.dropped(self._left.recorded(run_keys))

    def dropped(self, going: Iterable[tuple[str, int]]) -> list[Posting]:
        """What drops these keys, whose records are stored, at their revisions."""
        return [self._acknowledge(*each) for each in going]

    def written(self) -> tuple[str, ...]:
        """The runs of which the store says by now that they are over, each told once."""
        written, self._written = tuple(self._written), []
        return written

    def _end(self, ask: End) -> Posting:
        goes = self._left.is_recorded(ask.finish.run_key) or self._fallback.goes(ask.durable)
        asked = finish(ask.finish, ask.unlock, goes, self._marks.mark(ask))
        return Posting(asked, partial(self._heard, ask, goes))

    def _heard(self, ask: End, goes: bool, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            self._put_off(ask, answer)
            return []
        if answer is None:
            return self._ended(ask, None)
        self._follow(ask, answer)
        if answer.won:
            return self._ended(ask, Written(0 if goes else answer.revision))
        try:
            following = self._ended(ask, self._otherwise(ask, answer, goes))
            return following + (self._marks.drop(ask.finish) if ask.unlock else [])
        except StoreRefused as error:
            self._put_off(ask, error)
            return []

    def _follow(self, ask: End, outcome: Outcome) -> None:
        """Tell of the attempt that follows, where this end or an earlier copy of it put its key."""
        retry = ask.finish.retry
        if retry is None:
            return
        entry = outcome.reads.get(retry.run_key)
        revision = outcome.revision if outcome.won else entry.revision if entry else 0
        if outcome.won or (entry and entry.value == pack(retry.owed)):
            self._tell(waits_by(retry.run_key, retry.owed, revision, revision))

    def _otherwise(self, ask: End, outcome: Outcome, goes: bool) -> Written | None:
        """Something stands in the way of the plain end: write what is right."""
        return self._patience.insist(partial(end_otherwise, self._store, ask, outcome, goes))

    def _ended(self, ask: End, written: Written | None) -> list[Posting]:
        """The end is written, by us or another; None: it is not, and we look no further.

        A run that outlived its lease is marked in its record as well, before its key goes.
        """
        run_key = ask.finish.run_key
        if written is not None:
            self._written.append(ask.finish.run_id)
        if written is None or not written.revision:
            self._left.forget(run_key)
            return []
        if written.lost and ask.finish.retry:
            self._hasten(ask.finish.incarnation)
        if written.lost or ask.files:
            self._file(run_key, ask.finish.owed_lost if written.lost else ask.finish.owed)
        filings = 2 if written.lost and not ask.files else 1
        durable = ask.durable and filings == 1 and not written.lost
        if self._left.stands(run_key, written.revision, filings, durable):
            return [self._acknowledge(run_key, written.revision)]
        return []

    def _acknowledge(self, run_key: str, revision: int) -> Posting:
        heard = partial(self._acknowledged, run_key, revision)
        return Posting(acknowledge(run_key, revision), heard)

    def _acknowledged(self, run_key: str, revision: int, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            self._left.stands(run_key, revision)
            self._put_off(Recorded((run_key,)), answer)
        return []
