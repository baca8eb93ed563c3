"""A store whose answers are lost."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from common.errors import StoreLost
from common.store import Outcome, Store, Transaction

T = TypeVar("T")


class Forgetful:
    """A real store that does what it is told and loses the answer, as a network does.

    It loses the next `losing` answers, of transactions that were applied or were not.
    """

    def __init__(self, store: Store, losing: int, applied: bool) -> None:
        self.losing = losing
        self._store = store
        self._applied = applied

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Lose the first answers."""
        return self._answer(partial(self._store.commit, transaction, timeout))

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Lose the first answers."""
        return self._answer(partial(self._store.commit_many, transactions, timeout))

    def _answer(self, call: Callable[[], T]) -> T:
        if not self.losing:
            return call()
        self.losing -= 1
        if self._applied:
            call()
        raise StoreLost("no answer")
