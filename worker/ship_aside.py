"""The file of records that the log store refuses for good: one JSON line each, for people."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from common.record import JobLog

ASIDE = Path("unrecorded", "refused.jsonl")
"""Where it lies below a worker's data directory."""
MOST_BYTES = 64 << 20
"""The file gets no longer."""


class Aside:
    """Belongs to one thread. The file is made, 0600, when the first record comes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def add(self, records: Sequence[JobLog], why: str) -> None:
        """Return when they are on disk; OSError where they are not."""
        lines = "".join(
            json.dumps({"why": why, **asdict(record)}, default=str) + "\n" for record in records
        )
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(self._path, flags, 0o600)
        try:
            if os.fstat(file).st_size + len(lines) > MOST_BYTES:
                raise OSError(f"it is longer than {MOST_BYTES} bytes")
            _append(file, lines.encode("ascii"))
            os.fsync(file)
        finally:
            os.close(file)


def _append(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
