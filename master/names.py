"""Names told in a row: of workers, hosts, fields, runs."""

from __future__ import annotations

from collections.abc import Iterable


def in_a_row(names: Iterable[str], most: int = 10) -> str:
    """Names, at most so many of them, and how many more there are; "" for none."""
    found = list(names)
    some = ", ".join(found[:most])
    return f"{some} and {len(found) - most} more" if len(found) > most else some
