"""The files in which an executor keeps the ends that nobody has acknowledged: what they say.

They lie beside its socket. A file begins with a word that tells it from others and its turn, 4
bytes; then come frames: the length of what follows and its CRC32, which begins with the turn, 4
bytes each, then what is kept of a run. It is written over from its beginning when nothing in it is
of use any more, in a new turn: a frame of another turn is no frame. So the disk need not be told
of a new length each time, which costs it more than the bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from worker.orders import Ended
from worker.orders_wire import decode

FILE_HEAD = struct.Struct(">4sI")
MARK = b"ends"

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


def kept(context: str, ended: bytes) -> bytes:
    """What is kept of a run: its context, and in `ended` the bytes in which its end is told."""
    baggage = context.encode("utf-8", "surrogatepass")
    return _CONTEXT.pack(len(baggage)) + baggage + ended


def framed(said: bytes, turn: int) -> bytes:
    """What is `kept`, as it lies in a file."""
    return _HEAD.pack(len(said), zlib.crc32(said, turn)) + said


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
        yield from _ends_in(content)


def forget_ends(directory: Path, number: int) -> None:
    """All that an executor left was taken in: remove it; the executor must be gone."""
    for path in ends_files(directory, number):
        path.unlink(missing_ok=True)


def _ends_in(content: bytes) -> Iterator[Ended]:
    """The ends in a file, up to what is no whole frame of its turn."""
    if len(content) < FILE_HEAD.size:
        return
    mark, turn = FILE_HEAD.unpack_from(content)
    at = FILE_HEAD.size
    while mark == MARK and at + _HEAD.size <= len(content):
        length, checksum = _HEAD.unpack_from(content, at)
        said = content[at + _HEAD.size : at + _HEAD.size + length]
        if not length or len(said) < length or zlib.crc32(said, turn) != checksum:
            return
        yield end_of(said)
        at += _HEAD.size + length


def end_of(said: bytes) -> Ended:
    """The end of which that is `kept`; ValueError where that is nothing that we understand."""
    start = _CONTEXT.size + _CONTEXT.unpack_from(said)[0]
    ended = decode(said[start:])
    if not isinstance(ended, Ended):
        raise ValueError(f"a {type(ended).__name__} is no end of a run")
    return replace(ended, context=said[_CONTEXT.size : start].decode("utf-8", "surrogatepass"))
