"""Transactions between the store's records and etcd's messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from common.constants import FLEET_KEY, MAX_VALUE_BYTES
from common.errors import StoreRefused
from common.etcd_keys import to_bytes, to_text
from common.etcd_protocol import (
    Compare,
    DeleteRangeRequest,
    PutRequest,
    RangeRequest,
    RequestOp,
    TxnRequest,
)
from common.store import (
    Absent,
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
)
from common.store import (
    Compare as StoreCompare,
)

MOST_TRANSACTIONS = 100
"""Transactions in one request; etcd takes 128 operations a level, ours among them."""


def request_of(transaction: Transaction) -> Any:
    """The request for one transaction; `StoreRefused` when etcd would not take it."""
    _check(transaction)
    if not transaction.then and not transaction.otherwise:
        return _asking(transaction.compares)
    return TxnRequest(
        compare=[_compare(compare) for compare in transaction.compares],
        success=[_operation(operation) for operation in transaction.then],
        failure=[_operation(operation) for operation in transaction.otherwise],
    )


def request_of_many(transactions: Sequence[Transaction]) -> Any:
    """One request that holds all the transactions; `StoreRefused` when etcd would not take it."""
    if len(transactions) > MOST_TRANSACTIONS:
        raise StoreRefused(
            f"{len(transactions)} transactions in one request; at most {MOST_TRANSACTIONS} go in"
        )
    written = [key for each in transactions for key in set(_written(each))]
    _refuse_twice(written, "two transactions of one request")
    return TxnRequest(success=[RequestOp(request_txn=request_of(each)) for each in transactions])


def outcome_of(transaction: Transaction, answer: Any, revision: int) -> Outcome:
    """What etcd's answer says about a transaction; `revision` is that of the whole request."""
    won = bool(answer.succeeded)
    branch = transaction.then if won else transaction.otherwise
    reads: dict[str, Entry | None] = {}
    for operation, response in zip(branch, answer.responses, strict=False):
        if isinstance(operation, Read):
            found = response.response_range.kvs
            reads[operation.key] = entry_of(found[0]) if found else None
    return Outcome(won, revision, reads)


def entry_of(kv: Any) -> Entry:
    """An entry of etcd in the store's terms."""
    revision, created = kv.mod_revision, kv.create_revision
    if created == revision:
        created = revision  # one number for both, for there may be many
    return Entry(to_text(kv.key), kv.value, revision, created, kv.lease)


def _asking(compares: Iterable[StoreCompare]) -> Any:
    """A request that only compares. The read makes it linearizable.

    Without any operation a member answers out of what it happens to have, however old.
    """
    made = [_compare(compare) for compare in compares]
    read = RequestOp(request_range=RangeRequest(key=made[0].key if made else to_bytes(FLEET_KEY)))
    return TxnRequest(compare=made, success=[read], failure=[read])


def _compare(compare: StoreCompare) -> Any:
    """One condition. A missing key has revision 0 in etcd, and fails a value's compare."""
    key = to_bytes(compare.key)
    match compare:
        case Exists():
            return Compare(key=key, target="CREATE", result="GREATER", create_revision=0)
        case Absent():
            return Compare(key=key, target="CREATE", result="EQUAL", create_revision=0)
        case RevisionIs():
            return Compare(key=key, target="MOD", result="EQUAL", mod_revision=compare.revision)
        case ValueIs():
            return Compare(key=key, target="VALUE", result="EQUAL", value=compare.value)


def _operation(operation: Operation) -> Any:
    """One operation of a branch."""
    key = to_bytes(operation.key)
    match operation:
        case Put():
            put = PutRequest(key=key, value=operation.value, lease=operation.lease)
            return RequestOp(request_put=put)
        case Delete():
            return RequestOp(request_delete_range=DeleteRangeRequest(key=key))
        case Read():
            return RequestOp(request_range=RangeRequest(key=key))


def _check(transaction: Transaction) -> None:
    """Refuse what etcd refuses, and what it would take but the store does not promise."""
    for branch in (transaction.then, transaction.otherwise):
        _refuse_twice(list(_keys_written(branch)), "one branch of a transaction")
        for operation in branch:
            if isinstance(operation, Put) and len(operation.value) > MAX_VALUE_BYTES:
                raise StoreRefused(
                    f"the value of {operation.key!r} has {len(operation.value)} bytes;"
                    f" at most {MAX_VALUE_BYTES} are kept"
                )


def _refuse_twice(keys: Sequence[str], where: str) -> None:
    """Refuse keys of which one is there twice."""
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise StoreRefused(f"{twice!r} is written twice in {where}")


def _written(transaction: Transaction) -> Iterator[str]:
    """The keys that a transaction may write, whichever branch it takes."""
    yield from _keys_written(transaction.then)
    yield from _keys_written(transaction.otherwise)


def _keys_written(branch: Iterable[Operation]) -> Iterator[str]:
    return (operation.key for operation in branch if not isinstance(operation, Read))
