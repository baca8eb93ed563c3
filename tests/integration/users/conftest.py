"""An executor that runs jobs as whomever they name, and a place where everybody may work."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import Desk, desk
from tests.other_user import ALLOWING


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An executor that lets jobs name everybody, and runs the others as nobody if it is root."""
    with desk(tmp_path_factory.mktemp("executor"), threads=2, config=ALLOWING) as made:
        yield made


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that everybody can enter and write into; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="open to all ") as name:
        place = Path(name).resolve()
        place.chmod(0o777)
        yield place
