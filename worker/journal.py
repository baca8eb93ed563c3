"""The journal: which runs this worker has out, for the life that comes after it.

It is a file of JSON lines that is only added to, and written anew when it has grown. It is never
forced to disk: it matters only while the machine is up, and the kernel keeps what was written to
it even if the worker is killed.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from common.boot import boot_id
from worker import journal_lines
from worker.journal_lines import Noted, Past
from worker.process_stat import start_ticks
from worker.state import place_of, set_aside, write_whole

log = logging.getLogger(__name__)

FILE = "runs.journal"
LONG_BYTES = 1 << 18
UNEXPLAINED = "a run of the former life that it does not explain is recorded as unknown"


class Journal:
    """Belongs to the scheduler's thread. `former` are the runs that were out when the last life
    in this boot of the machine ended; they stay in the journal until they are over, too.

    A disk that takes nothing more stops no run: that is said, and the journal has a gap until it
    can be written anew.
    """

    def __init__(self, directory: Path, worker: str) -> None:
        self._path = directory / FILE
        self._head = (worker, boot_id(), place_of(directory))
        self._open: dict[str, Noted] = self._read().runs
        self._file = -1
        self._size, self._longest = 0, LONG_BYTES
        self._torn = False
        self._failing = False
        self._waiting: list[bytes] | None = None
        self.former: Mapping[str, Noted] = dict(self._open)
        self._write_anew()

    def given(self, noted: Noted) -> None:
        """A run is about to be given to an executor."""
        self._open[noted.run_id] = noted
        self._add(journal_lines.given(noted))

    def started(self, run_id: str, pid: int, start_ms: int) -> None:
        """The command of a run was started at `start_ms` (epoch ms)."""
        known = self._open.get(run_id)
        if known:
            noted = replace(known, pid=pid, ticks=start_ticks(pid), start_ms=start_ms)
            self._open[run_id] = noted
            self._add(journal_lines.started(noted))

    def over(self, run_ids: Iterable[str]) -> None:
        """These runs are over and the store says how: nobody needs to look for them any more."""
        known = [run_id for run_id in run_ids if self._open.pop(run_id, None)]
        if known:
            self._add(journal_lines.over(known))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is noted meanwhile is written at the end, or by `flush`, in one piece."""
        self._waiting = []
        try:
            yield
        finally:
            self.flush()
            self._waiting = None

    def flush(self) -> None:
        """Write what was noted."""
        if self._waiting:
            lines, self._waiting = self._waiting, []
            self._write(b"".join(lines))

    def close(self) -> None:
        """Close the file; safe twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read(self) -> Past:
        worker, boot, place = self._head
        try:
            past = journal_lines.read(self._path.read_bytes())
            if past.worker not in ("", worker):
                log.warning("%s is of worker %s: set aside", self._path, past.worker)
                set_aside(self._path, past.worker)
                return Past()
        except FileNotFoundError:
            return Past()
        except OSError as error:
            log.warning("%s cannot be read (%s): %s", self._path, error, UNEXPLAINED)
            return Past()
        if past.malformed:
            lines = f"{past.malformed} malformed line" + "s" * (past.malformed > 1)
            log.warning("%s has %s: %s", self._path, lines, UNEXPLAINED)
        if past.boot != boot:
            return Past()
        if past.place != place:
            log.warning("%s is a copy of another directory's: it is begun anew", self._path)
            return Past()
        return past

    def _add(self, line: bytes) -> None:
        if self._waiting is None:
            self._write(line)
        else:
            self._waiting.append(line)

    def _write(self, lines: bytes) -> None:
        """Append in one write; after half a line the next one begins on a line of its own."""
        data = b"\n" + lines if self._torn else lines
        try:
            written = os.write(self._opened(), data)
        except OSError as error:
            self._fail(error)
            return
        self._torn = written < len(data)
        self._size += written
        if self._torn:
            self._fail(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            return
        if self._failing or self._size > self._longest:
            self._write_anew()

    def _write_anew(self) -> None:
        """Write what is still out in the place of all that was."""
        content = journal_lines.whole(*self._head, self._open.values())
        try:
            write_whole(self._path, content)
        except OSError as error:
            self._fail(error)
            return
        self.close()
        self._size, self._torn, self._failing = len(content), False, False
        self._longest = max(LONG_BYTES, 4 * len(content))

    def _opened(self) -> int:
        if self._file < 0:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.open(self._path, flags, 0o600)
        return self._file

    def _fail(self, error: OSError) -> None:
        if not self._failing:
            log.error("%s cannot be written (%s): after a restart %s", self._path, error,
                      UNEXPLAINED)  # fmt: skip
        self._failing = True
