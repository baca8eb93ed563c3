"""The build backend (PEP 517 and 660): setuptools, after the helper has been compiled.

A wheel that holds the helper says for which machine it is, and that any Python 3 will do; one that
was built without a compiler is for every machine.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helper_program
from setuptools import build_meta
from setuptools.build_meta import (
    build_sdist,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Config = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Config = None) -> list[str]:
    """What setuptools needs, and a compiler where the host has none."""
    needed: list[str] = build_meta.get_requires_for_build_wheel(config_settings)
    return needed + helper_program.requirements()


def get_requires_for_build_editable(config_settings: Config = None) -> list[str]:
    """What setuptools needs, and a compiler where the host has none."""
    needed: list[str] = build_meta.get_requires_for_build_editable(config_settings)
    return needed + helper_program.requirements()


def build_wheel(
    wheel_directory: str, config_settings: Config = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel in the directory; its file name."""
    if helper_program.build(Path.cwd()):
        config_settings = _for_this_machine(config_settings or {})
    name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name


def build_editable(
    wheel_directory: str, config_settings: Config = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel that points at this tree, with the helper in it; its file name."""
    helper_program.build(Path.cwd())
    name: str = build_meta.build_editable(wheel_directory, config_settings, metadata_directory)
    return name


def _for_this_machine(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings, with an option for the wheel's platform beside those that are given."""
    given = config.get("--build-option", [])
    options = [given] if isinstance(given, str) else list(given)
    if not any(option.startswith("--plat-name") for option in options):
        options.append(f"--plat-name={sysconfig.get_platform()}")
    return {**config, "--build-option": options}
