"""The shipper's view of the spool: which ends it is told of, and the records that they give."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from common.clock import Clock
from worker.ends_file import frames
from worker.range_table import RangeTable
from worker.ship_backlog import Piece
from worker.spooled import Range, Spooled, read_range
from worker.told_record import records_in

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
"""So soon a file is tried again that cannot be read now."""
GONE = "their file is gone"
OVERWRITTEN = "they are damaged, or were written over"


class ShipSpool:
    """Belongs to one thread. `unreadable` hears of ends of which no records can be made."""

    def __init__(
        self,
        executors: Path,
        worker: str,
        clock: Clock,
        unreadable: Callable[[Range, str], None],
    ) -> None:
        self._executors = executors
        self._worker = worker
        self._clock = clock
        self._unreadable = unreadable
        self._table = RangeTable()
        self._later = RangeTable()
        self._again_at = 0.0
        self._reading: Iterator[Piece] = iter(())
        self._said = ""

    def add(self, range_: Range) -> None:
        """These ends are to be recorded."""
        self._table.add(range_)

    @property
    def again_at(self) -> float | None:
        """When (boot seconds) to look again at what cannot be read now; None: nothing is such."""
        return self._again_at if self._later else None

    def next(self) -> Piece | None:
        """The records of the next end; None where nothing can be read now."""
        while True:
            if piece := next(self._reading, None):
                return piece
            if (range_ := self._table.take()) is None and not self._look_again():
                return None
            if range_ is not None:
                self._reading = self.read(range_)

    def _look_again(self) -> bool:
        """Whether something is to be tried again, and now."""
        if not self._later or self._clock.boot() < self._again_at:
            return False
        self._table, self._later = self._later, self._table
        return True

    def read(self, range_: Range) -> Iterator[Piece]:
        """The pieces of a range, up to where it cannot be read; what is behind comes later."""
        at, why = range_.begin, OVERWRITTEN
        try:
            part = (range_.home, range_.number, range_.part, range_.turn)
            for spooled in read_range(self._executors, range_):
                place, at = Range(*part, at, spooled.end), spooled.end
                if piece := self._piece(spooled, place):
                    yield piece
        except FileNotFoundError:
            why = GONE
        except OSError as error:
            self._put_off(replace(range_, begin=at), error)
            return
        except ValueError as error:
            at = self._pass_over(replace(range_, begin=at), error)
        if at < range_.end:
            self._lose(replace(range_, begin=at), why)

    def _piece(self, spooled: Spooled, place: Range) -> Piece | None:
        try:
            run_key, records = records_in(spooled, self._worker)
        except ValueError as error:
            self._lose(place, str(error))
            return None
        return Piece(records, place=place, run_key=run_key)

    def _pass_over(self, range_: Range, error: ValueError) -> int:
        """One end is whole and yet nothing that we understand: those behind it are still read."""
        path = range_.path(self._executors)
        for frame in frames(path, range_.turn, range_.begin, range_.end):
            self._lose(replace(range_, end=frame.end), str(error))
            self._table.add(replace(range_, begin=frame.end))
            return range_.end
        return range_.begin

    def _put_off(self, range_: Range, error: OSError) -> None:
        if str(error) != self._said:
            log.error("%s; trying again", error)
        self._said = str(error)
        self._later.add(range_)
        self._again_at = self._clock.boot() + AGAIN_SECONDS

    def _lose(self, range_: Range, why: str) -> None:
        path, size = range_.path(self._executors), range_.end - range_.begin
        log.error("%d bytes of ends in %s cannot be recorded: %s", size, path, why)
        self._unreadable(range_, why)
