"""The directories of the executors: one for each life of their worker."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from worker.cgroups import sweep
from worker.executor_socket import numbers
from worker.former_place import OUTPUT_SECONDS, FormerPlace

DIRECTORY = "executors"


class Homes:
    """A fresh directory for each life: a new life need not wait for the executors of the last."""

    def __init__(self, data_dir: Path, output_seconds: float = OUTPUT_SECONDS) -> None:
        """`output_seconds` is how long long outputs are kept of what former lives left."""
        self._output_seconds = output_seconds
        self.base = data_dir / DIRECTORY
        self.own = self.base / secrets.token_hex(4)

    def former(self) -> list[Path]:
        """Those of former lives."""
        if not self.base.is_dir():
            return []
        return [path for path in self.base.iterdir() if path.is_dir() and path != self.own]

    def places(self) -> list[FormerPlace]:
        """Where executors of former lives are, or were and left something."""
        return [
            FormerPlace(home, number, self._output_seconds)
            for home in self.former()
            for number in numbers(home)
        ]

    def tidy(self) -> None:
        """Remove what has nothing in it any more."""
        for home in self.former():
            if not numbers(home):
                sweep(home)
                shutil.rmtree(home, ignore_errors=True)
