"""Transactions on a world's store: the seam's records, with values that are no bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.store import Absent, Delete, Exists, Read, RevisionIs

__all__ = [
    "REFUSED",
    "Absent",
    "Answer",
    "Below",
    "Compare",
    "Delete",
    "Entry",
    "Exists",
    "Operation",
    "Put",
    "Read",
    "RevisionIs",
    "Transaction",
    "ValueIs",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key as it stands; `lease` 0 if it hangs on none."""

    value: Any
    created: int
    revision: int
    lease: int


@dataclass(frozen=True, slots=True)
class ValueIs:
    """Holds when the key is there with exactly this value."""

    key: str
    value: object


@dataclass(frozen=True, slots=True)
class Below:
    """Holds when the key is there with a smaller number; no rule of the protocol needs it."""

    key: str
    value: int


Compare = Exists | Absent | RevisionIs | ValueIs | Below


@dataclass(frozen=True, slots=True)
class Put:
    """Set the key, bound to a lease, or to a new one of its own that lasts `ttl` ms."""

    key: str
    value: Any
    lease: int = 0
    ttl: int = 0


Operation = Put | Delete | Read


@dataclass(frozen=True, slots=True)
class Transaction:
    """When all compares hold `then` is done, else `otherwise`. `weight` counts in a batch."""

    compares: tuple[Compare, ...]
    then: tuple[Operation, ...]
    otherwise: tuple[Operation, ...] = ()
    weight: int = 1

    def written(self) -> set[str]:
        """The keys that either branch writes."""
        return {op.key for op in (*self.then, *self.otherwise) if not isinstance(op, Read)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a transaction did; `refused`: nothing, the store would not have it."""

    won: bool
    revision: int = 0
    reads: Mapping[str, Entry | None] = field(default_factory=dict)
    refused: bool = False


REFUSED = Answer(won=False, refused=True)
