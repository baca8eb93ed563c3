"""Room on disk that an executor keeps back, for ends without output when there is no other."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from worker.ends_file import reserve_path
from worker.ends_part import NO_ROOM, make_file, sync_directory

log = logging.getLogger(__name__)


class Reserve:
    """Belongs to one thread: a file of a part's form that is not one yet.

    It is of the executor `number` in `directory`, and has the first of `sizes` that is to be had.
    """

    def __init__(self, directory: Path, number: int, sizes: Sequence[int]) -> None:
        self._path = reserve_path(directory, number)
        self._sizes = sizes
        self.room = 0

    def keep(self) -> None:
        """Take room for it if it has none; what is not to be had is asked for another time."""
        for size in self._sizes if not self.room else ():
            try:
                self._path.unlink(missing_ok=True)  # of another executor of this number
                os.close(make_file(self._path, size))
                self.room = size
                return
            except OSError as error:
                log.debug("%s: %s", self._path, error)
                if error.errno not in NO_ROOM:
                    return

    def use(self, path: Path) -> int:
        """Make a part of it, which lies at `path`; its descriptor, to write.

        OSError where that is not possible; then it is none any more.
        """
        self.room = 0
        file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.rename(self._path, path)
            sync_directory(path.parent)
        except OSError:
            os.close(file)
            raise
        return file
