"""Ends that nobody recorded for long: their file is written anew without their outputs.

All that is kept lies where it lay, so that whoever was told of its place still finds it there; the
outputs are holes in the file, which take no room on disk.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import replace
from pathlib import Path

from worker.end_words import WAITED, with_less_output
from worker.ends_file import (
    FILE_HEAD,
    MARK,
    THINNED,
    end_of,
    ends_files,
    framed,
    frames,
    kept,
    turn_of,
)
from worker.ends_part import sync_directory, write_all
from worker.orders_wire import padded

log = logging.getLogger(__name__)

LEAST_BYTES = 4096
"""An output that is shorter stays: without it the file would take as much room."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


def thin_left(directory: Path, number: int, seconds: float) -> None:
    """Let go of long outputs that an executor which is dead has left for so long.

    What cannot be written anew stays as it is, which is said.
    """
    for path in ends_files(directory, number):
        try:
            old = time.time() - path.stat().st_mtime > seconds
            count = thin(path) if old else 0
        except (OSError, ValueError) as error:
            log.warning("%s keeps its outputs for now: %s", path, error)
            continue
        if count:
            log.error("%d outputs in %s are gone that waited too long to be recorded", count, path)


def thin(path: Path, end: int | None = None) -> int:
    """Write a file of ends anew, up to byte `end`, without long outputs; of how many ends.

    Nobody writes to it any more. OSError, and the file as it was, where that is not possible;
    ValueError for an end that cannot be read.
    """
    new = path.with_suffix(THINNED)
    file = os.open(new, _NEW, 0o600)
    try:
        count, size = _copy(path, turn_of(path), end, file)
        if count and (end is None or size == end):
            os.ftruncate(file, size)
            os.fsync(file)
            os.rename(new, path)
            sync_directory(path.parent)
            return count
        return 0
    finally:
        os.close(file)
        new.unlink(missing_ok=True)


def _copy(path: Path, turn: int, end: int | None, file: int) -> tuple[int, int]:
    """How many outputs were left out of what is in the file now, and how long that is."""
    count, size = 0, FILE_HEAD.size
    write_all(file, FILE_HEAD.pack(MARK, turn), 0)
    for frame in frames(path, turn, end=end):
        said = _without_output(frame.said) or frame.said
        count += said is not frame.said
        write_all(file, framed(said, turn).rstrip(b"\0"), frame.begin)
        size = frame.end
    return count, size


def _without_output(said: bytes) -> bytes | None:
    """What is kept of an end without its output, as long as it was; None where that is no gain."""
    if len(said) < LEAST_BYTES:
        return None
    whole = end_of(said)
    if len(whole.output) < LEAST_BYTES:
        return None
    less = replace(with_less_output(whole, 0, WAITED), context="")
    told = padded(less, len(said) - len(kept(whole.context, b"")))
    return kept(whole.context, told) if told else None
