"""For which records `on_failure_command` was started: also a later life runs it for none again."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from worker.recent import KEPT, Recent
from worker.state import write_whole

log = logging.getLogger(__name__)

FILE = "on_failure.told"
"""Its name in a worker's data directory."""


AGAIN = "what on_failure_command was told now it may be told by a next life, too"


class TellingNotes:
    """Belongs to one thread: the last `KEPT` records, in a file that outlives the process.

    It is not synced: after a power cut the last of them may be unknown. A disk that takes nothing
    is said once, and then only this life knows.
    """

    def __init__(self, path: Path) -> None:
        """Read what former lives have noted there, as far as it can be read."""
        self._path = path
        self._failing = False
        noted = list(_read(path))
        self.known: Recent[str] = Recent(noted)
        self._lines = len(noted)

    def add(self, run_id: str, outcome: str) -> None:
        """The command was started for the record of this run that ended so."""
        self.known[run_id] = outcome
        self._lines += 1
        try:
            if self._lines > 2 * KEPT:
                write_whole(self._path, b"".join(_line(*each) for each in self.known.items()))
                self._lines = len(self.known)
            else:
                self._append(_line(run_id, outcome))
            self._failing = False
        except OSError as error:
            if not self._failing:
                log.error("%s cannot be written (%s): %s", self._path, error, AGAIN)
            self._failing = True

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(self._path, flags, 0o600)
        try:
            os.write(file, line)
        finally:
            os.close(file)


def _line(run_id: str, outcome: str) -> bytes:
    """On a line of its own, also behind one that was torn."""
    return b"\n" + json.dumps([run_id, outcome]).encode("ascii")


def _read(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        log.error("%s cannot be read: %s", path, error)
        return
    for line in lines:
        try:
            run_id, outcome = json.loads(line)
        except (TypeError, ValueError):
            continue  # torn, or between two lines
        if isinstance(run_id, str) and isinstance(outcome, str):
            yield run_id, outcome
