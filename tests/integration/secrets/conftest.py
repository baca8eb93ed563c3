"""An executor that has secrets, and where they and its copies lie."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.executing import OF_OURS, Desk, desk
from tests.integration.secrets.giving import VALUE, write


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A worker's directory of secrets with two of them."""
    made = tmp_path / "secrets"
    made.mkdir(mode=0o700)
    for name, text in (("token", VALUE + "\n"), ("key", "-- begin --\nabcdefgh\nxyz\n-- end --\n")):
        write(made / name, text)
    return made


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the executor puts its copies: not below `tmp_path`, which others cannot enter."""
    with tempfile.TemporaryDirectory() as made:
        os.chmod(made, 0o755)
        monkeypatch.setenv("RUNTIME_DIRECTORY", made)
        yield Path(made)


@pytest.fixture
def office(tmp_path: Path, secrets: Path, rooms: Path) -> Iterator[Desk]:
    """An executor that has secrets."""
    config = replace(OF_OURS, secrets_dir=str(secrets), allowed_users=("daemon",))
    with desk(tmp_path / "home", config=config) as made:
        yield made
