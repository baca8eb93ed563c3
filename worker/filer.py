"""The filer: tells the shipper what is to be recorded, and says what has been."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.clock import Clock
from worker.ends_told import EndsTold
from worker.filing import Filing
from worker.ship_wire import Refused, Shipped, State, Stop, Unreadable, Up
from worker.shippers import Shippers, Start
from worker.spool_state import SpoolState
from worker.spooled import Range
from worker.unshipped import Unshipped

log = logging.getLogger(__name__)

SILENT_SECONDS = 60.0
"""A shipper that has said nothing for so long, though something waits, hangs: it is ended."""
STOP_SECONDS = 5.0
"""What the shipper may take to store what is left when the worker stops."""


@dataclass(frozen=True, slots=True)
class _Spooled:
    """So many ends in the spool."""

    range: Range
    count: int
    cut: int


@dataclass(frozen=True, slots=True)
class _Gone:
    """The shipper of this number is gone."""

    number: int


_News = Sequence[Filing] | _Spooled | Up | _Gone


class Filer:
    """The body of a thread; anybody may tell it what is to be recorded. Nothing is dropped.

    It starts the shipper, and another one where that is gone, which is told anew what is not
    stored. What is stored is `recorded`: its run keys, and the runs whose ends executors told.
    """

    name = "filer"

    def __init__(
        self,
        start: Start,
        clock: Clock,
        recorded: Callable[[Sequence[str], Sequence[str]], None],
        tell: Callable[[Filing | EndsTold], None] | None = None,
        unreadable: Callable[[Range], None] = lambda range_: None,
        left: Callable[[Sequence[Filing]], None] = lambda filings: None,
    ) -> None:
        """`tell` hears at once all that is filed, or told by executors.

        `unreadable` hears of what lies in the spool and gives no records, and `left` of filings
        that were too much: their run keys alone stand for what is to be recorded.
        """
        self._unreadable = unreadable
        self._left = left
        self._clock = clock
        self._recorded = recorded
        self._tell = tell
        self._inbox: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._unshipped = Unshipped(clock)
        self._shippers = Shippers(start, clock, self._inbox.put, self._gone)
        self._stopping = False
        self._heard_at = clock.boot()

    @property
    def state(self) -> SpoolState:
        """What waits now, and what was lost; from any thread."""
        return self._unshipped.state

    def file(self, filings: Sequence[Filing]) -> None:
        """Take records over, from any thread; never blocks."""
        if self._tell:
            for filing in filings:
                self._tell(filing)
        self._inbox.put(filings)

    def ends(self, told: EndsTold) -> None:
        """Ends that executors told are to be recorded; from any thread, never blocks."""
        if self._tell:
            self._tell(told)
        self.spooled(told.range, len(told.over), told.cut)

    def spooled(self, range_: Range, count: int = 1, cut: int = 0) -> None:
        """So many ends lie there in the spool, to be recorded; from any thread, never blocks.

        `cut` counts the outputs that their executor has not kept whole since it began.
        """
        self._inbox.put(_Spooled(range_, count, cut))

    def step(self) -> None:
        """Take one piece of news, and start a shipper where there is none."""
        if self._shippers.wait == 0.0:
            self._begin()
        try:
            self._hear(self._inbox.get(timeout=self._wait()))
        except queue.Empty:
            self._end_if_silent()

    def _wait(self) -> float | None:
        """Until when there may be nothing to do, seconds; None: for ever."""
        if self._shippers.line is None or not self._unshipped:
            return self._shippers.wait
        return max(0.0, self._heard_at + SILENT_SECONDS - self._clock.boot())

    def _end_if_silent(self) -> None:
        """End a shipper that hangs; another one follows."""
        if self._shippers.line is not None and self._wait() == 0.0:
            log.error("the shipper has said nothing for %g s; it is ended", SILENT_SECONDS)
            self._heard_at = self._clock.boot()
            self._shippers.line.end(0.0)

    def wake(self) -> None:
        """End the wait of a step."""
        self._inbox.put(())

    def close(self) -> None:
        """Let the shipper store what is left, for a short while; what is not stored is counted."""
        self._stopping = True
        while not self._inbox.empty():
            self._hear(self._inbox.get())
        if self._shippers.line is None and self._unshipped:
            self._begin()
        self._finish()
        if self._unshipped:
            log.warning("%d records are left to the next life to store", self.state.waiting)

    def _finish(self) -> None:
        """Say all that is still to be said, and wait for the shipper's end."""
        if self._shippers.line is None:
            return
        self._say(everything=True)
        self._shippers.line.put(Stop())
        until = self._clock.boot() + STOP_SECONDS
        while self._shippers.line and (left := until - self._clock.boot()) > 0:
            try:
                self._hear(self._inbox.get(timeout=left))
            except queue.Empty:
                break
        if self._shippers.line is not None:
            self._shippers.line.end(0.0)

    def _begin(self) -> None:
        """Start a shipper, and tell it all."""
        if self._shippers.begin():
            self._heard_at = self._clock.boot()
            self._unshipped.begin_anew()
            self._say()

    def _say(self, everything: bool = False) -> None:
        if line := self._shippers.line:
            for message in self._unshipped.unsaid(everything):
                line.put(message)

    def _gone(self, number: int) -> None:
        self._inbox.put(_Gone(number))

    def _hear(self, news: _News) -> None:
        if isinstance(news, Up) or not self._unshipped:
            self._heard_at = self._clock.boot()
        match news:
            case Shipped():
                self._recorded(*self._unshipped.shipped(news))
            case Unreadable():
                self._unshipped.give_up(news.range)
                self._unreadable(news.range)
            case Refused():
                self._unshipped.refused += 1
            case State():
                self._unshipped.why, self._unshipped.stuck = news.why, news.stuck
            case _Gone():
                self._lose(news)
            case _Spooled():
                self._unshipped.spooled(news.range, news.count, news.cut)
            case _:
                if left := self._unshipped.file(news):
                    self._left(left)
        self._say()
        self._unshipped.measure()

    def _lose(self, news: _Gone) -> None:
        """A shipper is gone; what it did not store the next one is told."""
        if self._shippers.bury(news.number) and not self._stopping:
            pause = self._shippers.rest()
            log.error("the shipper is gone; another is started in %g s", pause)
