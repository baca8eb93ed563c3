"""Fixtures of the unit tests."""

import pytest

from tests.desk import Desk


@pytest.fixture
def desk() -> Desk:
    """A desk with nothing on it."""
    return Desk()
