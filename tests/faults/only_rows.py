"""A plugin of pytest: leaves the rows that are to be run, of those in the files that were named."""

from __future__ import annotations

import pytest

from tests.faults.rows import row_of, wanted


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--row N`, as often as there are rows; without it all that wait for nothing."""
    parser.addoption("--row", type=int, action="append", default=[], help="a row of the matrix")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take away what is not to be run, and say so; the rest is in the matrix's order."""
    asked = frozenset(config.getoption("row"))
    config.hook.pytest_deselected(items=[item for item in items if not wanted(item.name, asked)])
    kept = [item for item in items if wanted(item.name, asked)]
    items[:] = sorted(kept, key=lambda item: row_of(item.name))
