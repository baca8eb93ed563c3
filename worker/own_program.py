"""How a program of ours is started beside this one: its environment and its directory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def own_environment(is_passed_on: Callable[[str], bool]) -> dict[str, str]:
    """What is passed on of ours, and where our modules are found.

    An installed tree is found by the interpreter itself, a checkout by its path.
    """
    ours = {name: value for name, value in os.environ.items() if is_passed_on(name)}
    root = str(Path(__file__).resolve().parent.parent)
    if not root.endswith("-packages"):
        ours["PYTHONPATH"] = os.pathsep.join(filter(None, (root, ours.get("PYTHONPATH"))))
    return ours


def own_directory() -> str:
    """Ours, from which relative paths are meant; where it was removed since our start, /."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "/"
