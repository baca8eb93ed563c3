"""What waits for the log store, and is acknowledged together."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from common.record import JobLog
from worker.filing import weight_of
from worker.range_table import joined
from worker.ship_wire import Shipped
from worker.spooled import Range

MOST_PIECES, MOST_BYTES = 2000, 8 << 20
"""So much is written at once, and held at once of what lies in the spool."""


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


class Backlog:
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
