"""The ends that an executor keeps on disk until somebody has recorded them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from worker.ends_file import ends_files, ends_path, part_of

log = logging.getLogger(__name__)

PART_BYTES = 1 << 20
"""A file that is as long gets no further ends: it can go when all in it are acknowledged."""


@dataclass(slots=True)
class _Part:
    """One file: how long it is, and of which runs it holds ends that are still to be recorded."""

    path: Path
    size: int = 0
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
        """How many bytes lie on disk, acknowledged ones among them."""
        return sum(part.size for part in self._parts)

    @property
    def unacknowledged(self) -> set[str]:
        """The runs whose ends are still to be recorded."""
        return set().union(*(part.open for part in self._parts))

    def __len__(self) -> int:
        return sum(len(part.open) for part in self._parts)

    def add(self, run_ids: Iterable[str], frames: Sequence[bytes]) -> None:
        """Write these ends and wait until the disk has them; OSError, and none of them, if not."""
        part = self._part()
        try:
            _write_all(self._file, b"".join(frames))
            os.fdatasync(self._file)
        except OSError:
            self._give_up(part)
            raise
        part.size += sum(map(len, frames))
        part.open.update(run_ids)

    def acknowledge(self, run_ids: Sequence[str]) -> None:
        """These ends are recorded elsewhere; files of which all are go."""
        for part in self._parts:
            part.open.difference_update(run_ids)
        for part in [part for part in self._parts if part.size and not part.open]:
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
        path = ends_path(self._directory, self._number, self._next)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        self._next += 1
        self._parts.append(_Part(path))
        _sync_directory(self._directory)
        return self._parts[-1]

    def _empty(self, part: _Part) -> None:
        """A file of no further use goes; the last one is written on from its beginning."""
        try:
            if part is self._parts[-1] and self._file >= 0:
                os.ftruncate(self._file, 0)
                part.size = 0
                return
            part.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s stays, though it is of no more use: %s", part.path, error)
        self._parts.remove(part)

    def _give_up(self, part: _Part) -> None:
        """Half of what was written may be there: take it back, or else write elsewhere."""
        try:
            os.ftruncate(self._file, part.size)
        except OSError as error:
            log.warning("%s is left with half an end at its end: %s", part.path, error)
            self.close()


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
