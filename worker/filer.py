"""The filer: tells the shipper what is to be recorded, and says what has been."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.clock import Clock
from worker.filing import Filing
from worker.filing_table import FilingTable
from worker.ship_wire import Down, Keep, Refused, Shipped, State, Stop, Up
from worker.shipper_process import ShipperError

log = logging.getLogger(__name__)

FIRST_PAUSE, LAST_PAUSE, CALM_SECONDS = 0.1, 10.0, 60.0
STOP_SECONDS = 5.0
"""What the shipper may take to store what is left when the worker stops."""
END_SECONDS = 1.0
"""What it may then take to end."""


class Line(Protocol):
    """A shipper that runs, as `ShipperProcess` is one."""

    def put(self, message: Down) -> None:
        """Tell it this; returns at once."""

    def end(self, timeout: float) -> None:
        """Wait so long for its end, then end it."""


Start = Callable[[Callable[[Up], None], Callable[[], None]], Line]
"""Starts a shipper: who hears what it says, and that it is over. ShipperError if that fails."""


@dataclass(frozen=True, slots=True)
class _Gone:
    """The shipper of this number is gone."""

    number: int


class Filer:
    """The body of a thread; anybody may `file`. Nothing that is filed is dropped.

    It starts the shipper, and another one where that is gone, which is told anew what is not
    stored. What is stored is `recorded`: its run keys, and the runs whose ends executors told.
    """

    name = "filer"

    def __init__(
        self,
        start: Start,
        clock: Clock,
        recorded: Callable[[Sequence[str], Sequence[str]], None],
        tell: Callable[[Filing], None] | None = None,
    ) -> None:
        """`tell` hears at once all that is filed."""
        self._start = start
        self._clock = clock
        self._recorded = recorded
        self._tell = tell
        self._inbox: queue.SimpleQueue[Sequence[Filing] | Up | _Gone] = queue.SimpleQueue()
        self._table = FilingTable()
        self._line: Line | None = None
        self._lines = 0
        self._start_at = self._started_at = clock.boot()
        self._pause = FIRST_PAUSE
        self._stopping = False
        self._refused = 0
        self._why = ""

    def file(self, filings: Sequence[Filing]) -> None:
        """Take records over, from any thread; never blocks."""
        if self._tell:
            for filing in filings:
                self._tell(filing)
        self._inbox.put(filings)

    def step(self) -> None:
        """Take one piece of news, and start a shipper where there is none."""
        now = self._clock.boot()
        if self._line is None and now >= self._start_at:
            self._begin()
        try:
            timeout = None if self._line else max(0.0, self._start_at - self._clock.boot())
            self._hear(self._inbox.get(timeout=timeout))
        except queue.Empty:
            pass

    def wake(self) -> None:
        """End the wait of a step."""
        self._inbox.put(())

    def close(self) -> None:
        """Let the shipper store what is left, for a short while; what is not stored is counted."""
        self._stopping = True
        while not self._inbox.empty():
            self._hear(self._inbox.get())
        if self._line is None and self._table:
            self._begin()
        self._finish()
        if left := len(self._table):
            log.warning("%d records are not stored yet; their run keys stand for them", left)

    def _finish(self) -> None:
        """Say all that is still to be said, and wait for the shipper's end."""
        if self._line is None:
            return
        self._say(everything=True)
        self._line.put(Stop())
        until = self._clock.boot() + STOP_SECONDS
        while self._line is not None and (left := until - self._clock.boot()) > 0:
            try:
                self._hear(self._inbox.get(timeout=left))
            except queue.Empty:
                break
        if self._line is not None:
            self._line.end(0.0)

    def _begin(self) -> None:
        """Start a shipper and tell it all; try later where that fails."""
        self._lines += 1
        number = self._lines
        try:
            self._line = self._start(self._inbox.put, lambda: self._inbox.put(_Gone(number)))
        except ShipperError as error:
            log.error("%s", error)
            self._rest()
            return
        self._started_at = self._clock.boot()
        self._table.begin_anew()
        self._say()

    def _rest(self) -> None:
        """For how long no other shipper is started."""
        now = self._clock.boot()
        if now - self._started_at > CALM_SECONDS:
            self._pause = FIRST_PAUSE
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, LAST_PAUSE)

    def _say(self, everything: bool = False) -> None:
        if self._line is not None:
            for number, filing in self._table.unsaid(everything):
                self._line.put(Keep(number, filing.records))

    def _hear(self, news: Sequence[Filing] | Up | _Gone) -> None:
        match news:
            case Shipped():
                self._shipped(news)
            case Refused():
                self._refused += 1
            case State():
                self._why = news.why
            case _Gone():
                self._lose(news)
            case _:
                for filing in news:
                    self._table.add(filing)
        self._say()

    def _shipped(self, news: Shipped) -> None:
        stored = self._table.stored(news.kept)
        told = [filing.told for filing in stored if filing.told]
        self._recorded([filing.run_key for filing in stored], told)

    def _lose(self, news: _Gone) -> None:
        """A shipper is gone; what it did not store the next one is told."""
        if self._line is None or news.number != self._lines:
            return
        self._line.end(END_SECONDS)
        self._line = None
        if not self._stopping:
            self._rest()
            seconds = max(0.0, self._start_at - self._clock.boot())
            log.error("the shipper is gone; another is started in %.1f s", seconds)
