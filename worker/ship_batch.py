"""What waits for the log store, and how it is written: whole, or without what is refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from common.errors import LogStoreRefused
from common.log_store import LogBatch, LogStore
from common.record import JobLog
from worker.filing import weight_of
from worker.range_table import joined
from worker.ship_wire import Shipped
from worker.spooled import Range

MOST_PIECES, MOST_BYTES = 2000, 8 << 20
"""So much is written at once, and held at once of what lies in the spool."""
FEWEST_PIECES = 10
"""So few at least, where a batch was too much for the time that a request may take."""
TRIES = 16
"""So many of those that are refused together are tried one by one before all of them wait."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Records that are acknowledged together.

    The main process keeps them by the number `kept`, or they are made of what lies at `place` in
    the spool: the end of that run, with its run key.
    """

    records: tuple[JobLog, ...]
    kept: int | None = None
    place: Range | None = None
    run_key: str = ""

    @property
    def run_id(self) -> str:
        """The run's own, which is the last one's."""
        return self.records[-1].run_id


def shipped(pieces: Sequence[Piece]) -> Shipped:
    """What is said of pieces once they are stored."""
    spooled = [piece for piece in pieces if piece.place]
    return Shipped(
        kept=tuple(piece.kept for piece in pieces if piece.kept is not None),
        ranges=tuple(joined(piece.place for piece in spooled if piece.place)),
        run_keys=tuple(piece.run_key for piece in spooled),
        told=tuple(piece.run_id for piece in spooled),
    )


class Waiting:
    """Pieces that wait, oldest first."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._pieces)

    @property
    def is_much(self) -> bool:
        """Whether no more can be written at once."""
        return len(self._pieces) >= MOST_PIECES or self._weight >= MOST_BYTES

    def add(self, piece: Piece) -> None:
        """It waits behind all others."""
        self._pieces.append(piece)
        self._weight += weight_of(piece.records)

    def first(self, most: int) -> list[Piece]:
        """As many as are written at once, `most` at most."""
        weight, number = 0, 0
        for piece in islice(self._pieces, most):
            weight += weight_of(piece.records)
            if number and weight > MOST_BYTES:
                break
            number += 1
        return list(islice(self._pieces, number))

    def drop(self, pieces: Sequence[Piece]) -> None:
        """These wait no more."""
        gone = set(pieces)
        self._weight -= sum(weight_of(piece.records) for piece in gone)
        self._pieces = deque(piece for piece in self._pieces if piece not in gone)


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
