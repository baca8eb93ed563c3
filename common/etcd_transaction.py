"""Transactions between the store's records and etcd's messages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from common.constants import FLEET_KEY, MAX_VALUE_BYTES
from common.errors import StoreRefused
from common.etcd_keys import to_bytes, to_text
from common.etcd_protocol import Compare, TxnRequest
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
    written,
)
from common.store import (
    Compare as StoreCompare,
)

_CREATE, _MOD, _VALUE = Compare.CREATE, Compare.MOD, Compare.VALUE
_EQUAL, _GREATER = Compare.EQUAL, Compare.GREATER

MOST_TRANSACTIONS = 100
"""Transactions in one request; etcd takes 128 operations a level, ours among them."""


def request_of(transaction: Transaction) -> Any:
    """The request for one transaction; `StoreRefused` when etcd would not take it."""
    _check(transaction)
    _refuse_twice(written(transaction), "one transaction")
    request = TxnRequest()
    _fill(request, transaction)
    return request


def request_of_many(transactions: Sequence[Transaction]) -> Any:
    """One request that holds all the transactions; `StoreRefused` when etcd would not take it."""
    if len(transactions) > MOST_TRANSACTIONS:
        raise StoreRefused(
            f"{len(transactions)} transactions in one request; at most {MOST_TRANSACTIONS} go in"
        )
    for each in transactions:
        _check(each)
    _refuse_twice([key for each in transactions for key in written(each)], "one request")
    request = TxnRequest()
    for each in transactions:
        _fill(request.success.add().request_txn, each)
    return request


def outcome_of(transaction: Transaction, answer: Any, revision: int) -> Outcome:
    """What etcd's answer says about a transaction; `revision` is that of the whole request."""
    won = bool(answer.succeeded)
    branch = transaction.then if won else transaction.otherwise
    reads: dict[str, Entry | None] = {}
    for at, operation in enumerate(branch):
        if isinstance(operation, Read):
            found = answer.responses[at].response_range.kvs
            reads[operation.key] = entry_of(found[0]) if found else None
    return Outcome(won, revision, reads)


def entry_of(kv: Any) -> Entry:
    """An entry of etcd in the store's terms."""
    revision, created = kv.mod_revision, kv.create_revision
    if created == revision:
        created = revision  # one number for both, for there may be many
    return Entry(to_text(kv.key), kv.value, revision, created, kv.lease)


def _fill(request: Any, transaction: Transaction) -> None:
    """Write the transaction into a request for it, in place: much is cheaper than made apart.

    The read of one that only compares makes it linearizable: without any operation a member
    answers out of what it happens to have, however old.
    """
    for compare in transaction.compares:
        _compare(request.compare.add(), compare)
    then, otherwise = transaction.then, transaction.otherwise
    if not then and not otherwise:
        read = Read(transaction.compares[0].key if transaction.compares else FLEET_KEY)
        then = otherwise = (read,)
    for operation in then:
        _operate(request.success.add(), operation)
    for operation in otherwise:
        _operate(request.failure.add(), operation)


def _compare(said: Any, compare: StoreCompare) -> None:
    """One condition. A missing key has revision 0 in etcd, and fails a value's compare."""
    said.key = to_bytes(compare.key)
    match compare:
        case Exists():
            said.target, said.result, said.create_revision = _CREATE, _GREATER, 0
        case Absent():
            said.target, said.result, said.create_revision = _CREATE, _EQUAL, 0
        case RevisionIs():
            said.target, said.result, said.mod_revision = _MOD, _EQUAL, compare.revision
        case ValueIs():
            said.target, said.result, said.value = _VALUE, _EQUAL, compare.value


def _operate(said: Any, operation: Operation) -> None:
    """One operation of a branch."""
    key = to_bytes(operation.key)
    match operation:
        case Put():
            put = said.request_put
            put.key, put.value, put.lease = key, operation.value, operation.lease
        case Delete():
            said.request_delete_range.key = key
        case Read():
            said.request_range.key = key


def _check(transaction: Transaction) -> None:
    """Refuse what etcd refuses, and what it would take but the store does not promise."""
    for operation in chain(transaction.then, transaction.otherwise):
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
