"""The ends that an executor keeps on disk until somebody has recorded them."""

from __future__ import annotations

import errno
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from worker.ends_file import FILE_HEAD, MARK, ends_files, ends_path, framed, framed_size, part_of
from worker.ends_part import NO_ROOM, Part, Place, make_file, write_all
from worker.ends_reserve import Reserve
from worker.ends_sizes import part_sizes, reserve_sizes, usable
from worker.ends_thin import thin
from worker.kept_end import KeptEnd

log = logging.getLogger(__name__)


class Written(NamedTuple):
    """Where ends lie that were written at once: each begins at its offset, the last ends at `end`.

    They are in this part as of this turn until all in it are acknowledged.
    """

    part: int
    turn: int
    offsets: tuple[int, ...]
    end: int


class EndsLog:
    """Belongs to one thread, the only writer of the files of executor `number` in `directory`.

    It is bounded by whoever adds: `size` is how many bytes of ends lie on disk, acknowledged ones
    among them. `share` is what they are to be at most; to that, and to the disk, the files are
    fitted. `is_full` says that the disk had no room for another one, as far as is known.
    """

    def __init__(self, directory: Path, number: int, share: int = 1 << 30) -> None:
        self._directory = directory
        self._number = number
        self._parts: list[Part] = []
        self._open: dict[str, Part] = {}
        self.size = 0
        most = usable(directory, share)
        self._sizes = part_sizes(most)
        self.reserve = Reserve(directory, number, reserve_sizes(most))
        # What another of the same number left is not ours to write on.
        self._next = 1 + max(map(part_of, ends_files(directory, number)), default=-1)
        self._file = -1
        self.is_full = False

    @property
    def is_short(self) -> bool:
        """Whether `look` may find that there is more room than is known."""
        return self.is_full or not self.reserve.room

    @property
    def unacknowledged(self) -> set[str]:
        """The runs whose ends are still to be recorded."""
        return set(self._open)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def places(self) -> list[Place]:
        """The parts, oldest first."""
        return [part.place for part in self._parts]

    def add(self, ends: Sequence[KeptEnd], last: bool = False) -> Written:
        """Write the first of these ends, as many as one file has room for, and wait for the disk.

        `last` says that they may have the reserve. OSError, and none of them, where that is not
        possible; of NO_ROOM where less of each may be.
        """
        needs = [framed_size(end.kept) for end in ends]
        problem = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for way in self._ways(needs, last):
            try:
                part = way()
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                problem = error
                continue
            return self._write(part, ends, needs)
        raise problem

    def _ways(self, needs: Sequence[int], last: bool) -> Iterator[Callable[[], Part]]:
        """How to come by a part with room for the first of these: the better ones first."""
        if self._file >= 0 and not self._is_in_place():
            log.error("%s is gone, and perhaps ends with it", self._parts[-1].path)
            self._leave()
        part = self._parts[-1] if self._file >= 0 else None
        whole = FILE_HEAD.size + sum(needs)
        if part and whole - FILE_HEAD.size <= part.free:
            yield lambda: part
        if whole > self._sizes[0] and not self.is_full:
            yield partial(self._begin, whole)
        if part and needs[0] <= part.free:
            yield lambda: part
        least = FILE_HEAD.size + needs[0]
        if not self.is_full:
            fit = [size for size in self._sizes if size >= least]
            yield from (partial(self._begin, size) for size in fit or [least])
            self.is_full = True
        if last and least <= self.reserve.room:
            yield self._take_reserve

    def _write(self, part: Part, ends: Sequence[KeptEnd], needs: Sequence[int]) -> Written:
        *offsets, end = itertools.accumulate(needs, initial=part.size)
        while end > part.room:
            end = offsets.pop()
        data = b"".join(framed(each.kept, part.turn) for each in ends[: len(offsets)])
        try:
            write_all(self._file, data, part.size)
            os.fdatasync(self._file)
        except OSError:
            self._leave()  # What the disk has of it nobody knows: the next ones go elsewhere.
            raise
        self.size += end - part.size
        part.size, part.newest = end, time.clock_gettime(time.CLOCK_BOOTTIME)
        part.open += len(offsets)
        added = [each.run_id for each in ends[: len(offsets)]]
        self.acknowledge(self._open.keys() & added)  # of runs that ended before: it is these now
        self._open.update((run_id, part) for run_id in added)
        return Written(part.number, part.turn, tuple(offsets), end)

    def acknowledge(self, run_ids: Iterable[str]) -> None:
        """These ends are recorded elsewhere; files of which all are go."""
        for run_id in run_ids:
            if part := self._open.pop(run_id, None):
                part.open -= 1
                if not part.open:
                    self._empty(part)

    def thin(self, before: float) -> int:
        """Keep no outputs of files whose newest end was written `before` that (boot seconds).

        How many ends had one. A file that cannot be written anew stays for another time.
        """
        old = [part for part in self._parts if not part.thin and part.newest < before]
        if old and old[-1] is self._parts[-1]:
            self.close()  # No further end belongs to it.
        count = 0
        for part in old:
            try:
                count += thin(part.path, part.size)
                part.thin = True
                self.size -= part.used
                part.holes = max(0, part.size - part.path.stat().st_blocks * 512)
                self.size += part.used
            except (OSError, ValueError) as error:
                log.warning("%s keeps its outputs for now: %s", part.path, error)
        return count

    def close(self) -> None:
        """Write no more to the last file; safe twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def look(self) -> None:
        """Keep a reserve, and see whether there is room for more files again."""
        self.reserve.keep()
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return
        if self.reserve.room and disk.f_bavail * disk.f_frsize >= self._sizes[-1] * 4:
            self.is_full = False

    def _begin(self, room: int) -> Part:
        return self._go_on(room, make_file)

    def _take_reserve(self) -> Part:
        return self._go_on(self.reserve.room, lambda path, _: self.reserve.use(path))

    def _go_on(self, room: int, make: Callable[[Path, int], int]) -> Part:
        """Write on in another file, if it can be made."""
        part = Part(ends_path(self._directory, self._number, self._next), self._next, room)
        self._next += 1
        file = make(part.path, room)
        self._leave()
        self._file = file
        self._parts.append(part)
        self.size += part.size
        return part

    def _is_in_place(self) -> bool:
        """Whether what is written to the last file can be read there by others."""
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self._parts[-1].path))
        except OSError:
            return False

    def _leave(self) -> None:
        """Write no more to the last file, which goes if nobody needs it."""
        if self._file >= 0:
            self.close()
            if not self._parts[-1].open:
                self._empty(self._parts[-1])

    def _empty(self, part: Part) -> None:
        """A file of no further use goes; the last one is written on from its beginning."""
        self.is_full = False
        try:
            if part is self._parts[-1] and self._file >= 0:
                if part.size > FILE_HEAD.size:
                    self.size -= part.size - FILE_HEAD.size
                    part.turn, part.size = part.turn + 1, FILE_HEAD.size
                    write_all(self._file, FILE_HEAD.pack(MARK, part.turn), 0)
                return
            part.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s stays, though it is of no more use: %s", part.path, error)
        if part is self._parts[-1]:
            self.close()  # No further end belongs to it.
        self.size -= part.used
        self._parts.remove(part)
