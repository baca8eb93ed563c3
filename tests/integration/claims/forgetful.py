"""A store whose answers are lost."""

from collections.abc import Sequence

from common.errors import StoreLost
from common.store import Outcome, Store, Transaction


class Forgetful:
    """A real store that does what it is told and loses the answer, as a network does."""

    def __init__(self, store: Store, losing: int, applied: bool) -> None:
        self._store = store
        self._losing = losing
        self._applied = applied

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Lose the first answers, of transactions that were applied or were not."""
        if not self._losing:
            return self._store.commit_many(transactions, timeout)
        self._losing -= 1
        if self._applied:
            self._store.commit_many(transactions, timeout)
        raise StoreLost("no answer")
