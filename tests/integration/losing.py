"""A real store whose answers get lost on the way, to see what is made of an unknown outcome."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from common.errors import StoreLost
from common.store import Entry, Outcome, Snapshot, Store, Transaction, Watch


class LosingStore:
    """A store whose commits lose their answer: before they reach it, or after it did them.

    `losses` says for each commit in turn: "before", "after", or "" for none; then none are lost.
    """

    def __init__(self, store: Store, losses: Sequence[str]) -> None:
        """Wrap a store that works."""
        self._store = store
        self._losses = list(losses)
        self._lock = threading.Lock()
        self.dark = False

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Do it, or not, and answer, or not."""
        self._light()
        with self._lock:
            loss = self._losses.pop(0) if self._losses else ""
        if loss == "before":
            raise StoreLost("no answer in time")
        outcome = self._store.commit(transaction, timeout)
        if loss.startswith("after"):
            self.dark = loss == "after and dark"
            raise StoreLost("no answer in time")
        return outcome

    def get(self, key: str) -> Entry | None:
        """The entry as it stands."""
        self._light()
        return self._store.get(key)

    def snapshot(self, prefix: str) -> Snapshot:
        """All under the prefix."""
        self._light()
        return self._store.snapshot(prefix)

    def page(self, prefix: str, size: int, after: str = "") -> Snapshot:
        """Some under the prefix."""
        self._light()
        return self._store.page(prefix, size, after)

    def between(self, first: str, last: str) -> Sequence[Entry]:
        """As the store does."""
        return self._store.between(first, last)

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """As the store does it."""
        return self._store.commit_many(transactions, timeout)

    def grant(self, seconds: float) -> int:
        """A new lease."""
        self._light()
        return self._store.grant(seconds)

    def renew(self, lease: int) -> float:
        """As the store does it."""
        return self._store.renew(lease)

    def revoke(self, lease: int) -> None:
        """End a lease."""
        self._light()
        self._store.revoke(lease)

    def watch(self, prefixes: Sequence[str], in_parts: str = "") -> Watch:
        """As the store does it."""
        return self._store.watch(prefixes, in_parts)

    def ping(self) -> None:
        """Whether it answers."""
        self._light()
        self._store.ping()

    def problems(self) -> list[str]:
        """As the store tells them."""
        return self._store.problems()

    def close(self) -> None:
        """End the store."""
        self._store.close()

    def _light(self) -> None:
        if self.dark:
            raise StoreLost("no answer in time")
