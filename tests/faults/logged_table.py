"""A worker's table of jobs as its log tells it, read on from where it was read before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_TOLD = re.compile(rb"job=(\S+) (?:(saved|deleted) at (\d+)|cannot run)")


class LoggedTable:
    """Jobs and their revisions; a hundred thousand lines are not read again at each look."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = 0
        self._table: dict[str, int] = {}

    def begin(self) -> None:
        """The worker is about to start: what its log says so far is of an earlier life."""
        self._at = self._log.stat().st_size if self._log.exists() else 0
        self._table = {}

    def read(self) -> Mapping[str, int]:
        """The table as of the last whole line."""
        if not self._log.exists():
            return self._table
        with self._log.open("rb") as log:
            log.seek(self._at)
            whole = log.read().rpartition(b"\n")[0]
        self._at += len(whole)
        for told in _TOLD.finditer(whole):
            name = told[1].decode()
            if told[2] == b"saved":
                self._table[name] = int(told[3])
            else:
                self._table.pop(name, None)
        return self._table
