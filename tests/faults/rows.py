"""The matrix's rows: which test is of which, and which still wait for the product."""

from __future__ import annotations

import re
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("rows_*.py"))
"""Where the rows are. They are not called test_*, so that only who asks for them runs them."""

WAITING: dict[int, str] = {
    5: "a worker whose clock is off by more than the others' claims nothing",
    10: "a second worker of the same name is refused",
    36: "many deletions at once do not hold up claims and ends",
}
"""Rows that are collected only when asked for by number, and the capability they wait for."""

_NAME = re.compile(r"test_row_(\d+)_")


def row_of(test: str) -> int:
    """The number of the row that a test's name begins with; ValueError where there is none."""
    found = _NAME.match(test)
    if found is None:
        raise ValueError(f"{test} names no row")
    return int(found[1])


def wanted(row: int, asked: frozenset[int]) -> bool:
    """Whether a row is to be run: it was asked for, or nothing was and it waits for nothing."""
    return row in asked if asked else row not in WAITING
