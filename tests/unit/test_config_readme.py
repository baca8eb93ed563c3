"""The README's tables of settings, fields and commands are those of the code."""

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from cli.__main__ import Fleetcron
from common.config import MasterConfig, StoreConfig, WorkerConfig
from common.config_checks import MASTER_SETTINGS, STORE_SETTINGS, WORKER_SETTINGS
from common.config_file import FIXED_KEYS
from common.job import FIELDS

README = (Path(__file__).parents[2] / "README.md").read_text()
SETTINGS = README.partition("\n## Settings\n")[2].partition("\n## ")[0]


def rows(text: str) -> dict[str, str]:
    """What the second column says of each name in the first."""
    found = re.findall(r"^\| (`.*?`) \| *(.*?) *\|", text, re.MULTILINE)
    return {name: said for names, said in found for name in re.findall(r"`(\w+)`", names)}


def defaults() -> dict[str, object]:
    return {
        f.name: list(value) if isinstance(value, tuple) else value
        for kind in (StoreConfig, MasterConfig, WorkerConfig)
        for f in fields(kind)
        for value in [f.default if f.default_factory is MISSING else f.default_factory()]
    }


def test_every_setting_has_its_row_and_no_other_has_one() -> None:
    assert set(rows(SETTINGS)) == set(MASTER_SETTINGS) | set(WORKER_SETTINGS)


@pytest.mark.parametrize("name", sorted({**MASTER_SETTINGS, **WORKER_SETTINGS}))
def test_a_settings_default_is_the_codes(name: str) -> None:
    said = rows(SETTINGS)[name].strip("`")
    if said:
        assert tomllib.loads(f"x = {said}")["x"] == defaults()[name]
    else:
        assert name == "data_dir" or defaults()[name] in (None, "")


def test_every_setting_can_be_said_by_the_record_that_holds_it() -> None:
    own = {f.name for f in fields(StoreConfig)}
    assert own == set(STORE_SETTINGS)
    assert {f.name for f in fields(MasterConfig)} | own == set(MASTER_SETTINGS) | {"stores"}
    assert {f.name for f in fields(WorkerConfig)} | own == set(WORKER_SETTINGS) | {"stores"}


def test_every_key_of_the_fixed_interface_is_named() -> None:
    assert all(f"`{key}`" in SETTINGS for key in FIXED_KEYS)


def test_every_field_of_a_job_is_named() -> None:
    assert all(f"`{name}`" in README for name in FIELDS)


def test_every_command_is_named() -> None:
    assert all(f"`fleetcron {name} " in README for name in Fleetcron.lazy)
