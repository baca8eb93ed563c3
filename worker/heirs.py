"""Who settles what a dead incarnation owed: one of the living, the same by everybody's view."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from common.errors import InvalidField
from common.strict_json import parse_object


def registered(registration: bytes) -> str:
    """The incarnation that a registration names; "" where it is not ours or is about to end."""
    try:
        document = parse_object(registration, "registration")
    except InvalidField:
        return ""
    incarnation = document.get("incarnation")
    if not isinstance(incarnation, str) or document.get("draining") is True:
        return ""
    return incarnation


def heirs(alive: Collection[str], named: Iterable[str]) -> set[str]:
    """The incarnations that may settle: those alive that a registration names, else all alive.

    A registration ends sooner than an incarnation, so a worker that just died is not waited for.
    """
    return set(alive).intersection(named) or set(alive)


def first_heir(dead: str, living: Iterable[str]) -> str:
    """The first of the living for what is dead, by a hash of both; "" where nobody lives."""
    return max(living, key=lambda each: (_weight(dead, each), each), default="")


def _weight(dead: str, living: str) -> bytes:
    both = f"{len(dead)} {dead} {living}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(both, digest_size=8).digest()
