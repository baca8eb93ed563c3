"""How transactions reach the store: many in one request, again after silence, in halves after a no.

Each transaction wins or loses for itself. A request whose outcome is unknown is sent again, the
very same, until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from common.errors import StoreFull, StoreRefused
from common.store import Outcome, Store, Transaction, written
from worker.patience import Patience

FIRST, MOST = 25, 100
"""The first of several requests is small, so that the first start is early; etcd's limit is 128."""
WIDEST = 28
"""So many reads has one of a hundred transactions at most: etcd counts both against that limit."""

Answer = Outcome | StoreRefused | None
"""What came of a transaction: an outcome, the store's no, or nothing while it was worth asking."""


def always() -> bool:
    """For what is worth asking until there is an answer."""
    return True


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction to be made, and who hears what came of it.

    `heard` gives what is to be made after it, or instead of it. Without an answer it is sent again
    while that is worth it `still`. Something is to start by an `urgent` one.
    """

    transaction: Transaction
    heard: Callable[[Answer], Sequence[Posting]]
    still: Callable[[], bool] = always
    urgent: bool = False


class Committer:
    """Belongs to the claimer's thread."""

    def __init__(self, store: Store, patience: Patience) -> None:
        self._store = store
        self._patience = patience

    def post(self, postings: Sequence[Posting]) -> None:
        """Make them, in as few requests as can be; each is heard of as its answer comes in."""
        while postings:
            following: list[Posting] = []
            for batch in batches(postings):
                for posting, answer in self._commit(batch):
                    following += posting.heard(answer)
            postings = following

    def _commit(self, batch: Sequence[Posting]) -> Iterator[tuple[Posting, Answer]]:
        asked = [posting.transaction for posting in batch]
        try:
            outcomes = self._patience.insist(
                partial(self._store.commit_many, asked),
                lambda: any(posting.still() for posting in batch),
            )
        except StoreRefused as error:
            if len(batch) == 1 or isinstance(error, StoreFull):
                yield from ((place, error) for place in batch)
                return
            half = len(batch) // 2
            yield from self._commit(batch[:half])
            yield from self._commit(batch[half:])
            return
        answers: Sequence[Answer] = outcomes if outcomes is not None else [None] * len(batch)
        yield from zip(batch, answers, strict=True)


def batches(postings: Sequence[Posting]) -> list[list[Posting]]:
    """Postings that may go together: no key is written by two of them; the order is kept."""
    first = first_room(sum(posting.urgent for posting in postings))
    found: list[list[Posting]] = []
    latest: dict[str, int] = {}
    full = 0

    def is_full(at: int) -> bool:
        return at < len(found) and len(found[at]) == (MOST if at else first)

    for posting in postings:
        while is_full(full):
            full += 1
        keys, at = written(posting.transaction), full
        for key in keys:
            # What comes after a transaction on the same key stays after it.
            at = max(at, latest.get(key, -1) + 1)
        while at > full and is_full(at):
            at += 1
        if at == len(found):
            found.append([])
        found[at].append(posting)
        for key in keys:
            latest[key] = at
    return found


def first_room(urgent: int) -> int:
    """How many go into the first request where so many are urgent.

    More than fit into one request are begun with a few, or with what is more than whole requests
    if that is few.
    """
    if urgent <= MOST:
        return MOST
    over = urgent % MOST
    return over if FIRST <= over <= 2 * FIRST else FIRST
