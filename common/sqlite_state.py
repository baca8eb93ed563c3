"""What the embedded store's writer owns: the rows, the revision, and the leases."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence

from common.clock import Clock
from common.sqlite_entries import SqliteEntries
from common.sqlite_file import SqliteFile
from common.sqlite_kept_leases import KeptLeases
from common.sqlite_known import Known
from common.sqlite_leases import Leases
from common.sqlite_transactions import Execution
from common.store import Change, Outcome, Transaction

_RETRY_SECONDS = 1.0


class SqliteState:
    """Used by one thread. What is done between begin() and commit() is on disk together.

    Each call of transact() and each lease that ends gets a revision of its own. Errors are those
    of SQLite; after one of them roll_back() leads back to what is on disk.
    """

    def __init__(self, file: SqliteFile, clock: Clock) -> None:
        """Leases of a process that is gone have their whole time to be renewed by its next life.

        Those of a former boot of the machine are over: their keys are removed first.
        """
        self._clock = clock
        self._leases = Leases()
        self._ended: list[int] = []
        self._changes: list[Change] = []
        self._expire_at = self._now = clock.boot()
        self._connection = file.connect()
        self._entries = SqliteEntries(self._connection)
        self._known, self._kept = Known(self._entries), KeptLeases(self._connection)
        with file.translated():
            self._connection.execute("BEGIN IMMEDIATE")
            self._committed = self._revision = self._entries.revision()
            kept = self._kept.take()
            self._revision += self._entries.delete_leased_but(kept)
            self.commit()
        for lease, seconds in kept.items():
            self._leases.restore(lease, seconds, self._now)

    def begin(self) -> None:
        """Open a commit; leases whose time is over end in it."""
        self._now = self._clock.boot()
        self._connection.execute("BEGIN IMMEDIATE")
        if self._now >= self._expire_at:
            self._end(self._leases.over(self._now))

    def transact(self, transactions: Sequence[Transaction]) -> list[Outcome]:
        """Do them together; StoreRefused, and nothing done, for a lease that is gone."""
        execution = self._execution()
        outcomes = execution.do(transactions)
        self._note(execution)
        return outcomes

    def grant(self, seconds: int) -> int:
        """A new lease for so many seconds."""
        lease = self._leases.grant(seconds, self._now)
        self._kept.keep(lease, seconds)
        return lease

    def renew(self, lease: int) -> float:
        """The seconds it lasts from now on, or 0 when it is gone."""
        return self._leases.renew(lease, self._now)

    def revoke(self, lease: int) -> None:
        """End a lease and remove its keys."""
        self._leases.end(lease)
        self._end([lease])

    def touch(self) -> None:
        """Write what stands there already, to see whether that can be done."""
        # SQLite leaves out what changes nothing.
        self._entries.set_revision(self._committed + 1)
        self._entries.set_revision(self._committed)

    def commit(self) -> list[Change]:
        """Write to disk what was done since begin(); its changes in order."""
        self._known.flush()
        self._kept.forget(self._ended)
        if self._revision != self._committed:
            self._entries.set_revision(self._revision)
        self._connection.execute("COMMIT")
        self._committed = self._revision
        for lease in self._ended:
            self._leases.forget(lease)
        changes, self._changes, self._ended = self._changes, [], []
        return changes

    def roll_back(self) -> None:
        """Forget what was done since begin(); leases that are over are tried again in a second."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.rollback()
        self._known.forget()
        self._revision = self._committed
        self._changes, self._ended = [], []
        self._expire_at = self._now + _RETRY_SECONDS

    def until_next_end(self) -> float | None:
        """Seconds until a lease is to end; None when there is none."""
        end = self._leases.next_end()
        return None if end is None else max(0.0, max(end, self._expire_at) - self._clock.boot())

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _lives(self, lease: int) -> bool:
        return self._leases.lives(lease, self._now)

    def _end(self, leases: Iterable[int]) -> None:
        for lease in leases:
            execution = self._execution()
            execution.end_lease(lease)
            self._note(execution)
            self._ended.append(lease)

    def _execution(self) -> Execution:
        return Execution(self._known, self._revision, self._lives)

    def _note(self, execution: Execution) -> None:
        self._revision = execution.revision
        self._changes += execution.changes
