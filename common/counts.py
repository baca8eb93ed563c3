"""Numbers of things, as a message says them."""

from __future__ import annotations


def count_of(number: int, noun: str) -> str:
    """`1 run`, `2 runs`; a noun whose plural is no more than an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
