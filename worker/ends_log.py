"""The ends that an executor keeps on disk until somebody has recorded them."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from worker.ends_file import FILE_HEAD, MARK, ends_files, ends_path, framed, part_of

log = logging.getLogger(__name__)

PART_BYTES = 1 << 20
"""A file that is as long gets no further ends: it can go when all in it are acknowledged."""


class Written(NamedTuple):
    """Where ends lie that were written at once: each begins at its offset, the last ends at `end`.

    They are in this part as of this turn until all in it are acknowledged.
    """

    part: int
    turn: int
    offsets: tuple[int, ...]
    end: int


class Place(NamedTuple):
    """A part's file, its turn, and before which byte its ends lie."""

    path: Path
    turn: int
    end: int


@dataclass(slots=True)
class _Part:
    """One file: how far it is written, and the runs in it whose ends are still to be recorded."""

    path: Path
    number: int
    turn: int = 0
    size: int = FILE_HEAD.size
    open: set[str] = field(default_factory=set)


class EndsLog:
    """Belongs to one thread, the only writer of the files of executor `number` in `directory`.

    It is bounded by whoever adds: `size` is how many bytes lie on disk.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self._directory = directory
        self._number = number
        self._parts: list[_Part] = []
        # What another of the same number left is not ours to write on.
        self._next = 1 + max(map(part_of, ends_files(directory, number)), default=-1)
        self._file = -1

    @property
    def size(self) -> int:
        """How many bytes are in use on disk, acknowledged ones among them."""
        return sum(part.size for part in self._parts)

    @property
    def unacknowledged(self) -> set[str]:
        """The runs whose ends are still to be recorded."""
        return set().union(*(part.open for part in self._parts))

    def __len__(self) -> int:
        return sum(len(part.open) for part in self._parts)

    @property
    def places(self) -> list[Place]:
        """The parts, oldest first."""
        return [Place(part.path, part.turn, part.size) for part in self._parts]

    def add(self, run_ids: Iterable[str], kept: Sequence[bytes]) -> Written:
        """Write these ends and wait until the disk has them; OSError, and none of them, if not."""
        part = self._part()
        framed_ends = [framed(said, part.turn) for said in kept]
        *offsets, end = itertools.accumulate(map(len, framed_ends), initial=part.size)
        data = b"".join(framed_ends)
        try:
            _write_all(self._file, data, part.size)
            os.fdatasync(self._file)
        except OSError:
            self.close()  # What the disk has of it nobody knows: the next ones go elsewhere.
            raise
        part.size = end
        part.open.update(run_ids)
        return Written(part.number, part.turn, tuple(offsets), end)

    def acknowledge(self, run_ids: Sequence[str]) -> None:
        """These ends are recorded elsewhere; files of which all are go."""
        for part in self._parts:
            part.open.difference_update(run_ids)
        for part in [part for part in self._parts if not part.open]:
            self._empty(part)

    def close(self) -> None:
        """Write no more; safe twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _part(self) -> _Part:
        """The part to write to: the last, or a new one where that is long or could not be kept."""
        if self._file >= 0 and self._parts[-1].size < PART_BYTES:
            return self._parts[-1]
        self.close()
        part = _Part(ends_path(self._directory, self._number, self._next), self._next)
        self._next += 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(part.path, flags, 0o600)
        try:
            _write_all(self._file, FILE_HEAD.pack(MARK, 0).ljust(PART_BYTES, b"\0"), 0)
            os.fsync(self._file)
            _sync_directory(self._directory)
        except OSError:
            self.close()
            part.path.unlink(missing_ok=True)
            raise
        self._parts.append(part)
        return part

    def _empty(self, part: _Part) -> None:
        """A file of no further use goes; the last one is written on from its beginning."""
        try:
            if part is self._parts[-1] and self._file >= 0:
                if part.size > FILE_HEAD.size:
                    part.turn, part.size = part.turn + 1, FILE_HEAD.size
                    _write_all(self._file, FILE_HEAD.pack(MARK, part.turn), 0)
                return
            part.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s stays, though it is of no more use: %s", part.path, error)
        if part is self._parts[-1]:
            self.close()  # No further end belongs to it.
        self._parts.remove(part)


def _write_all(file: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
