"""The virtual machine that its tests share: one boot, for it takes half a minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.booted.guest import Guest
from tests.booted.product import Installed
from tests.vm.machine import machine


@pytest.fixture(scope="session")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """A machine that all tests share."""
    place: Path = tmp_path_factory.mktemp("installed")
    with machine(Installed(place)) as booted:
        yield booted
