"""Ends that nobody can read: put where nothing of ours looks again, and said."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from worker.ends_file import ends_files

log = logging.getLogger(__name__)

DIRECTORY = "unrecorded"


def set_aside(home: Path, number: int, why: str) -> None:
    """Move the executor's ends to the worker's data directory's own place for such, and say it.

    OSError where that is not possible.
    """
    place = home.parent.parent / DIRECTORY / home.name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in ends_files(home, number):
        os.replace(path, place / path.name)
    log.error("ends that were not recorded lie in %s now: %s", place, why)
