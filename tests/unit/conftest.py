"""Fixtures of the unit tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.unit.unsteady import Unsteady


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Unsteady]:
    """A log store that can be broken."""
    made = Unsteady(tmp_path / "log.db")
    yield made
    made.inner.close()
