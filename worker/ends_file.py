"""The files in which an executor keeps the ends that nobody has acknowledged: what they say.

They lie beside its socket, and hold frames: the length and the CRC32 of what follows, 4 bytes each,
then the length of the run's context in 4 bytes, the context, and the end as it is told.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from worker.orders import Ended
from worker.orders_wire import decode

log = logging.getLogger(__name__)

_HEAD = struct.Struct(">II")
_CONTEXT = struct.Struct(">I")


def ends_path(directory: Path, number: int, part: int) -> Path:
    """Where an executor's ends lie that were written one after the other."""
    return directory / f"executor-{number}.{part:08d}.ends"


def ends_files(directory: Path, number: int) -> list[Path]:
    """All files of an executor's ends, oldest first."""
    return sorted(directory.glob(f"executor-{number}.*.ends"))


def part_of(path: Path) -> int:
    """The number of a file among those of its executor."""
    return int(path.name.split(".")[1])


def framed(context: str, ended: bytes) -> bytes:
    """An end as it lies in a file; `ended` are the bytes in which it is told."""
    baggage = context.encode("utf-8", "surrogatepass")
    said = _CONTEXT.pack(len(baggage)) + baggage + ended
    return _HEAD.pack(len(said), zlib.crc32(said)) + said


def read_ends(directory: Path, number: int) -> Iterator[Ended]:
    """The ends of an executor, with their contexts, in the order in which they came.

    One that was acknowledged may be among them, as long as a file holds another that was not. What
    an executor did not write to its end, since it died, is left out.
    """
    for path in ends_files(directory, number):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # all acknowledged meanwhile
        yield from ends_in(content, str(path))


def forget_ends(directory: Path, number: int) -> None:
    """All that an executor left was taken in: remove it; the executor must be gone."""
    for path in ends_files(directory, number):
        path.unlink(missing_ok=True)


def ends_in(content: bytes, where: str) -> Iterator[Ended]:
    """The ends in these bytes, which are those of `where`, up to the first that is not whole."""
    at = 0
    while at + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, at)
        said = content[at + _HEAD.size : at + _HEAD.size + length]
        if len(said) < length or zlib.crc32(said) != checksum:
            break
        yield _end(said)
        at += _HEAD.size + length
    if at < len(content):
        log.warning("%s: %d bytes at its end are no whole end of a run", where, len(content) - at)


def _end(said: bytes) -> Ended:
    """ValueError for what is whole and yet nothing that we understand."""
    start = _CONTEXT.size + _CONTEXT.unpack_from(said)[0]
    ended = decode(said[start:])
    if not isinstance(ended, Ended):
        raise ValueError(f"a {type(ended).__name__} is no end of a run")
    return replace(ended, context=said[_CONTEXT.size : start].decode("utf-8", "surrogatepass"))
