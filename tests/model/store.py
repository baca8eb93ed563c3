"""What etcd promises: transactions one after the other, rising revisions, leases, batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.model.clock import Agenda
from tests.model.jobs import Job
from tests.model.leases import Leases
from tests.model.transactions import (
    REFUSED,
    Absent,
    Answer,
    Below,
    Compare,
    Delete,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from tests.model.values import Told
from tests.model.view import JobChange, View

BATCH_WEIGHT = 6
"""A batch that weighs more is refused as a whole."""


class Observer(Protocol):
    """Sees every commit. Nothing of the protocol reads what it knows."""

    def committing(self, operations: Sequence[Operation]) -> None:
        """These are done next, together."""

    def committed(self, key: str, old: Entry | None, new: Entry | None) -> None:
        """A key changed."""

    def refused_twice(self, key: str) -> None:
        """A batch was refused, for it would write a key twice."""


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in the store, and which jobs changed since the revision that was asked for."""

    view: View
    changes: tuple[JobChange, ...]


class Store:
    """The store of one world."""

    def __init__(self, agenda: Agenda, observer: Observer) -> None:
        self.entries: dict[str, Entry] = {}
        self.revision = 1
        self.leases = Leases()
        self._agenda = agenda
        self._observer = observer
        self._changes: list[JobChange] = []

    def grant(self, ttl: int) -> int:
        """A new lease's id."""
        self._expire()
        return self.leases.grant(self._agenda.now, ttl)

    def renew(self, lease: int) -> bool:
        """Renew; whether the lease is there."""
        self._expire()
        return self.leases.renew(lease, self._agenda.now)

    def look(self, since: int = 0) -> Look:
        """All that stands, and the changes of jobs after a revision."""
        self._expire()
        later = tuple(change for change in self._changes if change.revision > since)
        return Look(View.of(self.revision, self.entries), later)

    def read(self, key: str) -> tuple[Entry | None]:
        """The entry, in a tuple so that it is told from no answer."""
        self._expire()
        return (self.entries.get(key),)

    def holds(self, key: str) -> bool:
        """Whether the key is there now."""
        self._expire()
        return key in self.entries

    def commit(self, transaction: Transaction) -> Answer:
        """Do one transaction."""
        return self.commit_many((transaction,))[0]

    def commit_many(self, transactions: Sequence[Transaction]) -> list[Answer]:
        """Do them at one revision: all compares are made before anything is written."""
        self._expire()
        won = [all(map(self._holds, transaction.compares)) for transaction in transactions]
        branches = [
            transaction.then if wins else transaction.otherwise
            for wins, transaction in zip(won, transactions, strict=True)
        ]
        if self._refuses(transactions, branches):
            return [REFUSED] * len(transactions)
        self.revision += any(not isinstance(op, Read) for branch in branches for op in branch)
        return [
            Answer(wins, self.revision, self._do(branch))
            for wins, branch in zip(won, branches, strict=True)
        ]

    def _refuses(
        self, transactions: Sequence[Transaction], branches: Iterable[Sequence[Operation]]
    ) -> bool:
        written = Counter(key for transaction in transactions for key in transaction.written())
        twice = [key for key, count in written.items() if count > 1]
        if twice:
            self._observer.refused_twice(twice[0])
            return True
        puts = [op for branch in branches for op in branch if isinstance(op, Put)]
        gone = any(put.lease and put.lease not in self.leases for put in puts)
        weight = sum(transaction.weight for transaction in transactions)
        return gone or (weight > BATCH_WEIGHT and len(transactions) > 1)

    def _holds(self, compare: Compare) -> bool:
        entry = self.entries.get(compare.key)
        if isinstance(compare, Absent):
            return entry is None
        if isinstance(compare, RevisionIs):
            return (entry.revision if entry else 0) == compare.revision
        if entry is None or isinstance(compare, Exists):
            return entry is not None
        if isinstance(compare, Below):
            return bool(entry.value < compare.value)
        return bool(entry.value == compare.value)

    def _do(self, operations: Sequence[Operation]) -> dict[str, Entry | None]:
        self._observer.committing(operations)
        reads: dict[str, Entry | None] = {}
        for op in operations:
            if isinstance(op, Put):
                self._put(op)
            elif isinstance(op, Delete):
                self._delete(op.key)
            else:
                reads[op.key] = self.entries.get(op.key)
        return reads

    def _put(self, put: Put) -> None:
        now, old = self._agenda.now, self.entries.get(put.key)
        lease = self.leases.grant(now, put.ttl) if put.ttl else put.lease
        value = put.value.arrived(now) if isinstance(put.value, Told) else put.value
        new = Entry(value, old.created if old else self.revision, self.revision, lease)
        self.entries[put.key] = new
        self.leases.bind(put.key, old.lease if old else 0, lease)
        self._changed(put.key, old, new)

    def _delete(self, key: str) -> None:
        old = self.entries.pop(key, None)
        if old:
            self.leases.bind(key, old.lease, 0)
            self._changed(key, old, None)

    def _changed(self, key: str, old: Entry | None, new: Entry | None) -> None:
        for value in (new.value if new else None, old.value if old else None):
            if isinstance(value, Job):
                self._changes.append(JobChange(self.revision, value.name, new))
                break
        self._observer.committed(key, old, new)

    def _expire(self) -> None:
        for keys in self.leases.expire(self._agenda.now):
            self.revision += bool(keys)
            self._observer.committing(())
            for key in keys:
                self._delete(key)
