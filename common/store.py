"""The seam to the store of jobs, claims, leases and the registry: a small transactional map.

Two implementations pass one contract suite: etcd, and SQLite for one machine. Keys are text
(UTF-8; bytes that are not are carried as lone surrogates), values are bytes. Every change of
the store gets the next revision, a number that only grows; a key's entry names the revision
that created it and the one that changed it last.

Errors of every call: `StoreLost` when no answer came in time (the outcome of a write is then
unknown), `StoreRefused` when the store says no (`StoreFull`: to writes, for want of room),
`StoreClosed` after `close`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """One key as it stands: `created` and `revision` are revisions, `lease` 0 if none."""

    key: str
    value: bytes
    revision: int
    created: int
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Exists:
    """Holds when the key is there."""

    key: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Holds when the key is not there."""

    key: str


@dataclass(frozen=True, slots=True)
class RevisionIs:
    """Holds when the key was last changed by exactly this revision (0: it is not there)."""

    key: str
    revision: int


@dataclass(frozen=True, slots=True)
class ValueIs:
    """Holds when the key is there with exactly this value."""

    key: str
    value: bytes


Compare = Exists | Absent | RevisionIs | ValueIs


@dataclass(frozen=True, slots=True)
class Put:
    """Set the key, bound to the lease if it is not 0 (a put without a lease unbinds it)."""

    key: str
    value: bytes
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the key; nothing happens when it is not there."""

    key: str


@dataclass(frozen=True, slots=True)
class Read:
    """Read the key as it stands within the transaction."""

    key: str


Operation = Put | Delete | Read


@dataclass(frozen=True, slots=True)
class Transaction:
    """When all compares hold `then` is done, else `otherwise`: at once, or not at all."""

    compares: tuple[Compare, ...]
    then: tuple[Operation, ...]
    otherwise: tuple[Operation, ...] = ()


def written(transaction: Transaction) -> list[str]:
    """The keys that it may write, whichever branch is done; one that is twice in a branch twice."""
    keys = [operation.key for operation in transaction.then if not isinstance(operation, Read)]
    others = [each.key for each in transaction.otherwise if not isinstance(each, Read)]
    return keys + [key for key in others if key not in keys] if others else keys


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did: whether `then` was taken, the store's revision after it, and reads.

    `reads` holds one item for each `Read` of the branch that was taken, None where no key was.
    """

    won: bool
    revision: int
    reads: Mapping[str, Entry | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All entries under a prefix at one revision, ordered by key.

    A watch that was asked to may hand it over in parts, which follow each other: the first of them
    `begins` it, and after all but the last there is `more`. One that breaks off is begun anew.
    """

    prefix: str
    revision: int
    entries: tuple[Entry, ...]
    begins: bool = True
    more: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a key: `entry` is None when the key went; `revision` is the change's own."""

    key: str
    revision: int
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes under one watched prefix by rising revision, none missing, none twice."""

    prefix: str
    changes: tuple[Change, ...]


class Watch(Protocol):
    """What happens under some prefixes, for ever: first a snapshot of each, then its changes.

    After any break that cannot be bridged without loss a prefix's snapshot comes anew, and its
    receiver takes it for the truth once it is whole. Breaks are bridged inside; they are no errors.
    """

    def next(self, timeout: float) -> Snapshot | Changes | None:
        """The next of it, or None after `timeout` seconds; `StoreClosed` once cancelled."""

    def cancel(self) -> None:
        """End the watch from any thread; wakes `next`; safe twice."""


class Store(Protocol):
    """The map itself. Safe to be used by many threads at once."""

    def get(self, key: str) -> Entry | None:
        """The entry as it stands (linearizable), or None."""

    def snapshot(self, prefix: str) -> Snapshot:
        """All under the prefix at one revision, however many there are (read in pages)."""

    def page(self, prefix: str, size: int, after: str = "") -> Snapshot:
        """The first entries under the prefix, behind the key `after` if that is not "".

        As they stand now: at most `size`, or fewer that are large, and whether there are `more`.
        It is how many are looked through without a long pause; what changes behind is not seen.
        """

    def between(self, first: str, last: str) -> Sequence[Entry]:
        """All from the first key to the last, both included, in the order of their bytes."""

    def commit(self, transaction: Transaction, timeout: float | None = None) -> Outcome:
        """Do it once; never sent again by itself. A value over 1.5 MB is StoreRefused."""

    def commit_many(
        self, transactions: Sequence[Transaction], timeout: float | None = None
    ) -> list[Outcome]:
        """Do at most 100 transactions in one request; each wins or loses for itself.

        Each of a hundred has at most 28 compares, and operations in a branch. No key may be
        written by two of them; the store then refuses them all.
        """

    def grant(self, seconds: float) -> int:
        """A new lease's id; its keys go when it is not renewed for `seconds` (1 s at least)."""

    def renew(self, lease: int) -> float:
        """Renew; the seconds it now lasts, or 0 when the lease is gone."""

    def revoke(self, lease: int) -> None:
        """End a lease and its keys at once; nothing happens when it is gone already."""

    def watch(self, prefixes: Sequence[str], in_parts: str = "") -> Watch:
        """Watch the prefixes (none a prefix of another); one of them may be listed in parts."""

    def ping(self) -> None:
        """Return when the store answers and we may read it; else one of the errors above."""

    def problems(self) -> list[str]:
        """Sentences on why it takes no writes though reads may be answered; none when it does."""

    def close(self) -> None:
        """End all calls and watches; safe twice."""


def put(store: Store, key: str, value: bytes, lease: int = 0) -> Outcome:
    """Set one key whatever it was."""
    return store.commit(Transaction((), (Put(key, value, lease),)))


def delete(store: Store, key: str) -> Outcome:
    """Remove one key whatever it was."""
    return store.commit(Transaction((), (Delete(key),)))
