"""How what waits is written to the log store: whole, or without what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.errors import LogStoreRefused
from common.log_store import LogBatch, LogStore
from worker.ship_backlog import Piece

TRIES = 16
"""So many of those that are refused together are tried one by one before all of them wait."""


class Writing:
    """Writes pieces; each ends in `stored` or, where others are taken, in `refused`."""

    def __init__(
        self,
        logs: LogStore,
        stored: Callable[[Sequence[Piece]], None],
        refused: Callable[[Piece, LogStoreRefused], None],
    ) -> None:
        self._logs = logs
        self._stored = stored
        self._refused = refused
        self._at = 0

    def write(self, pieces: Sequence[Piece]) -> None:
        """Write them all; LogStoreError where what did not end is to be tried again."""
        try:
            self._put(pieces)
        except LogStoreRefused:
            taken = self._one_that_is_taken(pieces)
            if taken is None:
                raise
            self._in_parts([piece for piece in pieces if piece is not taken])

    def _put(self, pieces: Sequence[Piece]) -> None:
        self._logs.write(LogBatch(tuple(log for piece in pieces for log in piece.records)))
        self._stored(pieces)

    def _one_that_is_taken(self, pieces: Sequence[Piece]) -> Piece | None:
        """One that is stored by itself: a store that takes none at all refuses no single one."""
        for _ in range(min(TRIES, len(pieces))):
            self._at += 1  # Not the same ones each time.
            piece = pieces[-self._at % len(pieces)]
            try:
                self._put([piece])
                return piece
            except LogStoreRefused:
                continue
        return None

    def _in_parts(self, pieces: Sequence[Piece]) -> None:
        """Write those that are taken, and find those that are not by halves."""
        if not pieces:
            return
        try:
            self._put(pieces)
        except LogStoreRefused as error:
            if len(pieces) == 1:
                self._refused(pieces[0], error)
                return
            half = len(pieces) // 2
            self._in_parts(pieces[:half])
            self._in_parts(pieces[half:])
