"""What went wrong in a call of etcd, said in the words of the store."""

from __future__ import annotations

from typing import Any

from common.errors import StoreError, StoreFull, StoreLost, StoreRefused
from common.etcd_grpc import grpc


class Compacted(StoreRefused):
    """The revision that was asked for is no longer kept."""


class MessageTooLarge(StoreRefused):
    """A message, most often an answer, is larger than it may be."""


class LeaseGone(StoreRefused):
    """The lease is not there (any more)."""


class NotAuthenticated(StoreRefused):
    """etcd does not know us by the token that we sent, and did nothing."""


class AuthenticationOff(StoreRefused):
    """etcd asks nobody for a password."""


_TEXTS: tuple[tuple[str, type[StoreError], str], ...] = (
    ("required revision has been compacted", Compacted, ""),
    ("larger than max (", MessageTooLarge, "the message is larger than etcd allows"),
    ("requested lease not found", LeaseGone, "the lease is gone"),
    ("invalid auth token", NotAuthenticated, ""),
    ("revision of auth store is old", NotAuthenticated, ""),
    ("user name is empty", NotAuthenticated, "etcd asks for a user and password"),
    ("authentication is not enabled", AuthenticationOff, ""),
    ("authentication failed", StoreRefused, "user or password is wrong"),
    ("permission denied", StoreRefused, "the user may not do this"),
    ("database space exceeded", StoreFull, "its space quota is used up, alarm NOSPACE"),
    ("request is too large", StoreRefused, "the request is larger than etcd allows (1.5 MiB)"),
    ("too many operations", StoreRefused, "more operations than etcd allows in a transaction"),
    ("duplicate key given", StoreRefused, "a key is written twice in one request"),
    ("too many requests", StoreLost, ""),
    ("not a primary lessor", StoreLost, "the leader has just changed"),
    ("not leader", StoreLost, ""),
    ("request timed out", StoreLost, ""),
    ("leader changed", StoreLost, ""),
    ("no leader", StoreLost, ""),
)
"""What etcd's texts mean, where its codes do not tell, or tell too little."""

_REFUSING = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DATA_LOSS,
)
"""Codes that say no. All others leave open whether the call was done."""


def translate(error: Any, doing: str) -> StoreError:
    """The store's error for an error of grpc, with a sentence about what was being done."""
    details = error.details() or "no details"
    known = from_text(details, doing)
    if known is not None:
        return known
    if error.code() in _REFUSING:
        return StoreRefused(f"etcd refused to {doing}: {details}")
    return StoreLost(f"etcd did not answer to {doing}: {error.code().name}, {details}")


def from_text(details: str, doing: str) -> StoreError | None:
    """The store's error for a text of etcd, or None when the text alone does not tell."""
    for text, kind, meaning in _TEXTS:
        if text in details:
            verb = "did not answer to" if kind is StoreLost else "refused to"
            reason = f"{meaning} ({details})" if meaning else details
            return kind(f"etcd {verb} {doing}: {reason}")
    return None
