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
    rows = {item: row_of(item.name) for item in items}
    config.hook.pytest_deselected(items=[item for item in items if not wanted(rows[item], asked)])
    items[:] = sorted((item for item in items if wanted(rows[item], asked)), key=rows.__getitem__)
