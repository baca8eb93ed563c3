"""The container that the booted tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.container import container
from tests.booted.guest import Guest
from tests.booted.product import Installed
from tests.booted.station import Station


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The root with this checkout's product in it."""
    place: Path = tmp_path_factory.mktemp("installed")
    return Installed(place)


@pytest.fixture(scope="module")
def guest(installed: Installed) -> Iterator[Guest]:
    """A container that the tests of one file share."""
    with container(installed) as booted:
        yield booted


@pytest.fixture
def station(installed: Installed) -> Iterator[Station]:
    """A container of the test's own in which everything was started."""
    with container(installed) as booted:
        made = Station(booted)
        made.start()
        yield made
        made.tell()
