"""What a transaction does to the embedded store's entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import assert_never

from common.constants import MAX_VALUE_BYTES
from common.errors import StoreRefused
from common.sqlite_entries import to_bytes
from common.sqlite_known import Known
from common.store import (
    Absent,
    Change,
    Compare,
    Delete,
    Entry,
    Exists,
    Operation,
    Outcome,
    Put,
    Read,
    RevisionIs,
    Transaction,
    ValueIs,
    written,
)

GREATEST_BATCH = 100


def check(transactions: Sequence[Transaction]) -> None:
    """StoreRefused for what could never be done, whatever the store holds."""
    if len(transactions) > GREATEST_BATCH:
        raise StoreRefused(f"{len(transactions)} transactions at once; {GREATEST_BATCH} is most")
    keys = [compare.key for each in transactions for compare in each.compares]
    for each in transactions:
        for operation in chain(each.then, each.otherwise):
            keys.append(operation.key)
            if isinstance(operation, Put) and len(operation.value) > MAX_VALUE_BYTES:
                text = f"{operation.key}: a value of {len(operation.value)} bytes is too large"
                raise StoreRefused(f"{text} ({MAX_VALUE_BYTES} at most)")
    _check_keys(keys)
    _refuse_twice([key for each in transactions for key in written(each)])


def _check_keys(keys: Sequence[str]) -> None:
    if not all(keys):
        raise StoreRefused("a key has at least one letter")
    if not "".join(keys).isascii():
        for key in keys:
            to_bytes(key)


def _refuse_twice(keys: Sequence[str]) -> None:
    if len(set(keys)) < len(keys):
        ((twice, _),) = Counter(keys).most_common(1)
        raise StoreRefused(f"{twice} is written twice at once")


def _keys(transactions: Sequence[Transaction]) -> Iterator[str]:
    """What is compared, and what is put where that holds."""
    for each in transactions:
        for compare in each.compares:
            yield compare.key
        for operation in each.then:
            yield operation.key


class Execution:
    """Transactions that are done together at one revision, and the changes that they make."""

    def __init__(self, entries: Known, revision: int, lease_lives: Callable[[int], bool]) -> None:
        """`revision` is the store's now; what is changed gets the next."""
        self.changes: list[Change] = []
        self._entries = entries
        self._before = revision
        self._lease_lives = lease_lives

    @property
    def revision(self) -> int:
        """The store's revision as of now."""
        return self._before + bool(self.changes)

    def do(self, transactions: Sequence[Transaction]) -> list[Outcome]:
        """Do them; StoreRefused, and nothing done, when a put names a lease that is gone."""
        self._entries.look(_keys(transactions))
        taken = [(self._wins(transaction), transaction) for transaction in transactions]
        branches = [(won, t.then if won else t.otherwise) for won, t in taken]
        self._check_leases([branch for _, branch in branches])
        reads = [self._do_branch(branch) for _, branch in branches]
        return [
            Outcome(won, self.revision, read)
            for (won, _), read in zip(branches, reads, strict=True)
        ]

    def end_lease(self, lease: int) -> None:
        """Remove the keys of a lease."""
        for key in self._entries.delete_leased(lease):
            self.changes.append(Change(key, self._before + 1, None))

    def _wins(self, transaction: Transaction) -> bool:
        for compare in transaction.compares:
            if not _holds(compare, self._entries.get(compare.key)):
                return False
        return True

    def _check_leases(self, branches: Sequence[Sequence[Operation]]) -> None:
        for branch in branches:
            for operation in branch:
                lease = operation.lease if isinstance(operation, Put) else 0
                if lease and not self._lease_lives(lease):
                    raise StoreRefused(f"{operation.key}: its lease {lease} is gone")

    def _do_branch(self, branch: Sequence[Operation]) -> dict[str, Entry | None]:
        reads: dict[str, Entry | None] = {}
        for operation in branch:
            match operation:
                case Put():
                    entry = self._entries.put(operation, self._before + 1)
                    self.changes.append(Change(entry.key, entry.revision, entry))
                case Delete():
                    if self._entries.delete(operation.key):
                        self.changes.append(Change(operation.key, self._before + 1, None))
                case Read():
                    reads[operation.key] = self._entries.get(operation.key)
        return reads


def _holds(compare: Compare, entry: Entry | None) -> bool:
    match compare:
        case Exists():
            return entry is not None
        case Absent():
            return entry is None
        case RevisionIs():
            return compare.revision == (0 if entry is None else entry.revision)
        case ValueIs():
            return entry is not None and entry.value == compare.value
        case _:
            assert_never(compare)
