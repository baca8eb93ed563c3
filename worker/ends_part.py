"""One file of an executor's ends, and how a new one gets its room on disk."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from worker.ends_file import FILE_HEAD, MARK

NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""What the system says where there is no room for more; a smaller file may still find some."""

WRITTEN_BYTES = 1 << 20

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class Place(NamedTuple):
    """A part's file, its turn, and before which byte its ends lie."""

    path: Path
    turn: int
    end: int


@dataclass(slots=True)
class Part:
    """A file: what room it has on disk, how far it is written, how many ends are still of use.

    `newest` is when the last end was written, seconds of CLOCK_BOOTTIME; `thin` says that no
    outputs are in it any more, but `holes` of so many bytes.
    """

    path: Path
    number: int
    room: int
    turn: int = 0
    size: int = FILE_HEAD.size
    newest: float = 0.0
    thin: bool = False
    holes: int = 0
    open: int = 0

    @property
    def free(self) -> int:
        """How many bytes can be written that the disk has room for already."""
        return self.room - self.size

    @property
    def used(self) -> int:
        """How many bytes of ends it has on disk."""
        return self.size - self.holes

    @property
    def place(self) -> Place:
        """Where its ends lie."""
        return Place(self.path, self.turn, self.size)


def make_file(path: Path, room: int) -> int:
    """Make a file that is ready for ends, with all its room on disk; its descriptor, to write.

    It is written whole at first, so that the disk need not be told of a new length, or of a piece
    that is in use now, with each end; one that is longer than most is for one piece alone. OSError,
    and no file, where that is not possible.
    """
    file = os.open(path, _NEW, 0o600)
    try:
        if room > WRITTEN_BYTES:
            os.posix_fallocate(file, 0, room)
        write_all(file, FILE_HEAD.pack(MARK, 0).ljust(min(room, WRITTEN_BYTES), b"\0"), 0)
        os.fsync(file)
        sync_directory(path.parent)
    except OSError:
        os.close(file)
        path.unlink(missing_ok=True)
        raise
    return file


def write_all(file: int, data: bytes, at: int) -> None:
    """Write all of the data from byte `at` on; OSError, and perhaps a piece of it, if not."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, at)
        view, at = view[written:], at + written


def sync_directory(directory: Path) -> None:
    """Wait until the disk knows which files are in the directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
