"""Records that the log store refuses for good: put aside, or kept until they can be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from common.clock import Clock
from worker.range_table import RangeTable
from worker.ship_aside import Aside
from worker.ship_backlog import Piece, shipped
from worker.ship_wire import Refused, Up
from worker.spooled import Range

log = logging.getLogger(__name__)

AGAIN_SECONDS = 30.0
"""So soon it is tried again to put aside what could not be."""


class Refusals:
    """Belongs to one thread. `say` hears of each refusal, and that a piece which lies aside is done
    with; `read` gives the pieces of a range of the spool.

    What cannot be put aside is said once and stays where it was told from: no record goes unseen.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        say: Callable[[Up], None],
        read: Callable[[Range], Iterator[Piece]],
    ) -> None:
        self._aside = Aside(path)
        self._clock = clock
        self._say = say
        self._read = read
        self._why: dict[str, str] = {}
        self._kept: list[Piece] = []
        self._places = RangeTable()
        self._again_at = 0.0

    def __len__(self) -> int:
        """How many could not be put aside yet."""
        return len(self._why)

    @property
    def again_at(self) -> float | None:
        """When (boot seconds) to call `again`; None: not at all."""
        return self._again_at if self._why else None

    def add(self, piece: Piece, why: str) -> None:
        """The log store refuses these records, while it takes others."""
        self._say(Refused(piece.run_id, why))
        try:
            self._put(piece, why)
        except OSError as error:
            run = (piece.run_id, why)
            log.error("run=%s: refused (%s), and not put aside: %s; trying again", *run, error)
            self._why[piece.run_id] = why
            self._keep(piece)

    def again(self) -> None:
        """Try once more with what could not be put aside, if it is time."""
        if not self._why or self._clock.boot() < self._again_at:
            return
        places = list(self._places)
        kept, self._kept, self._places = self._kept, [], RangeTable()
        spooled = chain.from_iterable(map(self._read, places))
        known, self._why = self._why, {}
        for piece in chain(kept, spooled):
            why = known.get(piece.run_id, "")
            try:
                self._put(piece, why)
            except OSError:
                self._why[piece.run_id] = why
                self._keep(piece)

    def _put(self, piece: Piece, why: str) -> None:
        self._aside.add(piece.records, why)
        log.error(
            "run=%s: the log store refuses it (%s): now in %s", piece.run_id, why, self._aside
        )
        self._say(shipped([piece]))

    def _keep(self, piece: Piece) -> None:
        if piece.place:
            self._places.add(piece.place)
        else:
            self._kept.append(piece)
        self._again_at = self._clock.boot() + AGAIN_SECONDS
