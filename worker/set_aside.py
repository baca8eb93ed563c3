"""Ends that nobody could have recorded: put where nothing of ours looks again, and said."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from worker.ends_file import ends_files

log = logging.getLogger(__name__)

DIRECTORY = "unrecorded"
PATIENCE_SECONDS = 7 * 86400.0
"""So long each life tells an end anew that is never acknowledged, as the log store refuses it."""


def told_for_long(home: Path, number: int) -> bool:
    """Whether a life of this worker began so long ago to tell what executor `number` has left.

    The first call says so to those of later lives. OSError where that cannot be written.
    """
    mark = home / f"told-{number}"
    if not mark.exists():
        mark.touch(0o600)
    return time.time() - mark.stat().st_mtime > PATIENCE_SECONDS


def set_aside(home: Path, number: int, why: str, run_ids: Sequence[str]) -> None:
    """Move the executor's ends to the worker's data directory's own place for such, and say it.

    OSError where that is not possible.
    """
    place = home.parent.parent / DIRECTORY / home.name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in ends_files(home, number):
        os.replace(path, place / path.name)
    runs = ", ".join(run_ids) or "unknown"
    log.error("ends that were not recorded lie in %s now: %s; runs: %s", place, why, runs)
