"""The files in which an executor keeps the ends that nobody has acknowledged: what they say.

They lie beside its socket. A file begins with a word that tells it from others and its turn, 4
bytes; then come frames: the length of what follows and its CRC32, which begins with the turn, 4
bytes each, then what is kept of a run. It is written over from its beginning when nothing in it is
of use any more, in a new turn: a frame of another turn is no frame. So the disk need not be told
of a new length each time, which costs it more than the bytes.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from worker.orders import Ended
from worker.orders_wire import decode, told_size

FILE_HEAD = struct.Struct(">4sI")
MARK = b"ends"

_HEAD = struct.Struct(">II")
_CONTEXT = struct.Struct(">I")
_PERHAPS = re.compile(rb"\0(?!\0\0\0)(?=.{7})", re.DOTALL)
"""Where a frame may begin: none is 16 MiB long."""

THINNED = ".thin"
"""What the name of a file ends with that is to take another's place."""
READ_BYTES = 1 << 20


class Frame(NamedTuple):
    """What is `kept` of one run, and the bytes of the file that it lies in, with its head."""

    begin: int
    end: int
    said: bytes


def ends_path(directory: Path, number: int, part: int) -> Path:
    """Where an executor's ends lie that were written one after the other."""
    return directory / f"executor-{number}.{part:08d}.ends"


def ends_files(directory: Path, number: int) -> list[Path]:
    """All files of an executor's ends, oldest first."""
    return sorted(directory.glob(f"executor-{number}.*.ends"))


def reserve_path(directory: Path, number: int) -> Path:
    """Where an executor keeps room for ends that it has no other room for."""
    return directory / f"executor-{number}.reserve"


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


def framed_size(said: bytes) -> int:
    """How long that is."""
    return _HEAD.size + len(said)


def turn_of(path: Path) -> int:
    """The turn in which a file is written now; -1 where it is no file of ends."""
    with path.open("rb", buffering=0) as file:
        return _turn(file.read(FILE_HEAD.size))


def frames(
    path: Path, turn: int | None = None, begin: int = FILE_HEAD.size, end: int | None = None
) -> Iterator[Frame]:
    """The frames in a file from `begin` to before `end`, or to what is no whole frame of its turn.

    None at all where it is written in another `turn` now. OSError where it cannot be read.
    """
    with path.open("rb", buffering=READ_BYTES) as file:
        now = _turn(file.read(FILE_HEAD.size))
        if now < 0 or turn not in (None, now):
            return
        size = os.fstat(file.fileno()).st_size
        end = size if end is None else min(size, end)
        file.seek(begin)
        while begin + _HEAD.size <= end:
            length, checksum = _HEAD.unpack(file.read(_HEAD.size))
            behind = begin + _HEAD.size + length
            said = file.read(length) if length and behind <= end else b""
            if not said or zlib.crc32(said, now) != checksum:
                return
            yield Frame(begin, behind, said)
            begin = behind


def is_damaged(path: Path, turn: int, end: int) -> bool:
    """Whether a whole frame of this turn lies behind byte `end`, where its frames seem to end.

    Those of former turns that lie there are no sign of that, nor is one that was just written.
    """
    with path.open("rb", buffering=0) as file:
        file.seek(end)
        rest = file.read()
    return any(_is_whole(rest, found.start(), turn) for found in _PERHAPS.finditer(rest))


def _is_whole(data: bytes, at: int, turn: int) -> bool:
    length, checksum = _HEAD.unpack_from(data, at)
    said = data[at + _HEAD.size : at + _HEAD.size + length]
    return len(said) == length and bool(zlib.crc32(said, turn) == checksum)


def _turn(head: bytes) -> int:
    if len(head) < FILE_HEAD.size:
        return -1
    mark, turn = FILE_HEAD.unpack(head)
    return int(turn) if mark == MARK else -1


def forget_ends(directory: Path, number: int) -> None:
    """All that an executor left was taken in: remove it; the executor must be gone."""
    for path in (*ends_files(directory, number), reserve_path(directory, number)):
        path.unlink(missing_ok=True)
    for path in directory.glob(f"executor-{number}.*{THINNED}"):
        path.unlink(missing_ok=True)


def end_of(said: bytes) -> Ended:
    """The end of which that is `kept`; ValueError where that is nothing that we understand."""
    context, told = opened(said)
    ended = decode(told)
    if not isinstance(ended, Ended):
        raise ValueError(f"a {type(ended).__name__} is no end of a run")
    return replace(ended, context=context)


def opened(said: bytes) -> tuple[str, bytes]:
    """What was given to `kept`; ValueError where that is nothing of the kind."""
    if len(said) < _CONTEXT.size:
        raise ValueError("what is kept of an end is cut off")
    start = _CONTEXT.size + _CONTEXT.unpack_from(said)[0]
    return said[_CONTEXT.size : start].decode("utf-8", "surrogatepass"), said[start:]


def output_size(said: bytes) -> int:
    """How long the output is of which that is `kept`."""
    start: int = _CONTEXT.size + _CONTEXT.unpack_from(said)[0]
    return len(said) - start - told_size(said, start)
