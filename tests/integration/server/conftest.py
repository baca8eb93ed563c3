"""A running server with views that record, and one connection to it."""

from collections.abc import Iterator

import pytest

from master.server import Server
from tests.integration.raw_http import Toys, Wire, serving


@pytest.fixture
def toys() -> Toys:
    """The views."""
    return Toys()


@pytest.fixture
def server(toys: Toys) -> Iterator[Server]:
    """The server, for the time of a test."""
    with serving(toys) as running:
        yield running


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    """A connection to it."""
    connection = Wire(server.address)
    yield connection
    connection.close()
