"""The part of the log store's seam that housekeeping uses: what is old, how much, and away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from common.search import Position, Search

OLDER_SECONDS = 4.0
"""So long may be looked for what is old: less than any operation of a log store may take."""


class LogStoreKeeping(Protocol):
    """Finds records that may go, and removes them. Safe to be used by many threads at once."""

    def older(self, wanted: Search, limit: int) -> list[Position]:
        """Some of the records that are meant, in no order; [] only when there are none.

        It looks until it has so many, or has seen all, or for `OLDER_SECONDS`: then it gives what
        was found by then, and raises `LogStoreSlow` where that is nothing.
        """

    def remove(self, places: Sequence[Position]) -> int:
        """Remove these records, durably; how many of them were there."""

    def size_bytes(self) -> int:
        """How much room the records and their indexes take, before any compression."""

    def names(self, after: str, limit: int) -> list[str]:
        """The first names of jobs that have records behind this one, in their bytes' order."""
