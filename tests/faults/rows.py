"""The matrix's rows: which test is of which, and which still wait for the product."""

from __future__ import annotations

import re
from pathlib import Path

FILES = sorted(Path(__file__).parent.glob("rows_*.py"))
"""Where the rows are. They are not called test_*, so that only who asks for them runs them."""

WAITING: dict[str, str] = {}
"""Rows that are run only when they are asked for by number, and the capability they wait for."""

_NAME = re.compile(r"test_row_(\d+)_")


def row_of(test: str) -> int:
    """The number of the row that a test's name begins with; ValueError where there is none."""
    found = _NAME.match(test)
    if found is None:
        raise ValueError(f"{test} names no row")
    return int(found[1])


def wanted(test: str, asked: frozenset[int]) -> bool:
    """Whether a row's test is to be run: its row was asked for, or none and it waits for nothing.

    `test` may end with its parameters.
    """
    return row_of(test) in asked if asked else test.partition("[")[0] not in WAITING
