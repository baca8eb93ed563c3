"""The ends of runs: written, and dropped from the store once the log store has their records.

Where the record is there before the end is written, both are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, MutableMapping
from functools import partial

from common.errors import StoreRefused
from common.store import Store
from worker.asks import Ask, End, Recorded
from worker.claim import acknowledge, finish
from worker.committer import Answer, Posting
from worker.ending import end
from worker.patience import Patience

PutOff = Callable[[Ask, StoreRefused], None]
"""Is told of what the store refuses, to ask for it again later."""


class Ends:
    """Belongs to the claimer's thread. `left` has the revision of each key that stands as ours."""

    def __init__(
        self, store: Store, patience: Patience, left: MutableMapping[str, int], put_off: PutOff
    ) -> None:
        self._store = store
        self._patience = patience
        self._left = left
        self._put_off = put_off
        self._early: set[str] = set()

    def ends(self, asks: Iterable[End], recorded: Collection[str]) -> list[Posting]:
        """What writes these ends; `recorded` are run keys whose records the log store has."""
        return [self._end(ask, ask.finish.run_key in recorded) for ask in asks]

    def acknowledgements(self, run_keys: Iterable[str]) -> list[Posting]:
        """What drops the keys of these records; that of an unwritten end goes with the end."""
        postings = []
        for key in run_keys:
            if key in self._left:
                postings.append(self._acknowledge(key, self._left.pop(key)))
            else:
                self._early.add(key)
        return postings

    def _end(self, ask: End, recorded: bool) -> Posting:
        run_key = ask.finish.run_key
        # Until the end is written no acknowledgement may drop the key of the run.
        self._left.pop(run_key, None)
        if recorded:
            self._early.add(run_key)
        goes = run_key in self._early
        return Posting(finish(ask.finish, ask.unlock, goes), partial(self._heard, ask, goes))

    def _heard(self, ask: End, goes: bool, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            self._put_off(ask, answer)
            return []
        if answer is None:
            return self._ended(ask, 0)
        if answer.won:
            return self._ended(ask, 0 if goes else answer.revision)
        try:
            return self._ended(ask, self._otherwise(ask, goes))
        except StoreRefused as error:
            self._put_off(ask, error)
            return []

    def _otherwise(self, ask: End, goes: bool) -> int:
        """Something stands in the way of the plain end: look, and write what is right."""
        return self._patience.insist(lambda: end(self._store, ask, goes)) or 0

    def _ended(self, ask: End, revision: int) -> list[Posting]:
        """The run's key stands as ours at this revision; 0 where it is not ours, or is gone."""
        run_key = ask.finish.run_key
        early = run_key in self._early
        self._early.discard(run_key)
        if not revision:
            return []
        if early:
            return [self._acknowledge(run_key, revision)]
        self._left[run_key] = revision
        return []

    def _acknowledge(self, run_key: str, revision: int) -> Posting:
        return Posting(
            acknowledge(run_key, revision), partial(self._acknowledged, run_key, revision)
        )

    def _acknowledged(self, run_key: str, revision: int, answer: Answer) -> list[Posting]:
        if isinstance(answer, StoreRefused):
            self._left[run_key] = revision
            self._put_off(Recorded((run_key,)), answer)
        return []
