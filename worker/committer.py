"""How transactions reach the store: many in one request, again after silence, in halves after a no.

Each transaction wins or loses for itself. A request whose outcome is unknown is sent again, the
very same, until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from common.errors import StoreRefused
from common.store import Delete, Outcome, Put, Store, Transaction
from worker.patience import Patience

FIRST, MOST = 25, 100
"""The first request of a batch is small, so that the first start is early; etcd's limit is 128."""

Answer = Outcome | StoreRefused | None
"""What came of a transaction: an outcome, the store's no, or nothing while it was worth asking."""


class Committer:
    """Belongs to the claimer's thread."""

    def __init__(self, store: Store, patience: Patience) -> None:
        self._store = store
        self._patience = patience

    def commit(
        self, transactions: Sequence[Transaction], still: Callable[[], bool] = lambda: True
    ) -> Iterator[tuple[int, Answer]]:
        """Each transaction's place in the sequence and what came of it, as answers come in."""
        for batch in batches(transactions):
            yield from self._commit(transactions, batch, still)

    def _commit(
        self, transactions: Sequence[Transaction], batch: list[int], still: Callable[[], bool]
    ) -> Iterator[tuple[int, Answer]]:
        asked = [transactions[n] for n in batch]
        try:
            outcomes = self._patience.insist(partial(self._store.commit_many, asked), still)
        except StoreRefused as error:
            if len(batch) == 1:
                yield batch[0], error
                return
            half = len(batch) // 2
            yield from self._commit(transactions, batch[:half], still)
            yield from self._commit(transactions, batch[half:], still)
            return
        answers: Sequence[Answer] = outcomes if outcomes is not None else [None] * len(batch)
        yield from zip(batch, answers, strict=True)


def batches(transactions: Sequence[Transaction]) -> Iterator[list[int]]:
    """The places of transactions that may go together: no key is written by two of them."""
    waiting = list(range(len(transactions)))
    room = FIRST if len(waiting) > FIRST else MOST
    while waiting:
        batch: list[int] = []
        written: set[str] = set()
        later: list[int] = []
        for place in waiting:
            keys = _writes(transactions[place])
            if len(batch) < room and written.isdisjoint(keys):
                batch.append(place)
                written |= keys
            else:
                later.append(place)
        yield batch
        waiting, room = later, MOST


def _writes(transaction: Transaction) -> set[str]:
    return {
        operation.key
        for operation in (*transaction.then, *transaction.otherwise)
        if isinstance(operation, Put | Delete)
    }
