"""What the ends of runs ask for: each to be written, filed and logged, many in one piece."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from common.logs import Several
from worker.asks import Ask, Asks, Before, End, KeysAlone
from worker.ends_told import EndsTold
from worker.filing import Filing

log = logging.getLogger(__name__)


class Endings:
    """Belongs to the scheduler's thread.

    What is to be recorded is given away after what is asked: so no record is stored before it is
    known that its run's end is to be written.
    """

    def __init__(
        self,
        ask: Callable[[Ask], None],
        file: Callable[[Sequence[Filing]], None],
        spooled: Callable[[EndsTold], None],
    ) -> None:
        """`spooled` hears of ends in the spool that are to be recorded as they lie there."""
        self._ask = ask
        self._file = file
        self._to_spooled = spooled
        self._asks: list[End] = []
        self._filings: list[Filing] = []
        self._spooled: list[EndsTold] = []
        self._before: list[str] = []
        self._last = False
        self._said: list[str] = []
        self._waits = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is added meanwhile goes in one piece, at the end."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False
            self._give()

    def add(self, ask: End, said: str) -> None:
        """A run is over; `said` is what the log says of it."""
        self._asks.append(ask)
        self._said.append(said)
        self._perhaps_give()

    def before(self, run_ids: Sequence[str], last: bool = False) -> None:
        """The ends of these runs were written before; of no others, where they are the `last`."""
        self._before += run_ids
        self._last = self._last or last
        self._perhaps_give()

    def alone(self, run_ids: tuple[str, ...]) -> None:
        """What was to be recorded of these runs only their keys still say."""
        self._ask(KeysAlone(run_ids))

    def file(self, filing: Filing) -> None:
        """Something is to be recorded."""
        self._filings.append(filing)
        self._perhaps_give()

    def spooled(self, ends: EndsTold) -> None:
        """Ends in the spool are to be recorded."""
        self._spooled.append(ends)
        self._perhaps_give()

    def _perhaps_give(self) -> None:
        if not self._waits:
            self._give()

    def _give(self) -> None:
        asks, self._asks = self._asks, []
        before, self._before = self._before, []
        filings, self._filings = self._filings, []
        spooled, self._spooled = self._spooled, []
        said, self._said = self._said, []
        if before or self._last:
            self._ask(Before(tuple(before), self._last))
            self._last = False
        if asks:
            self._ask(Asks(tuple(asks)))
            log.info(Several(said))
        if filings:
            self._file(filings)
        for ends in spooled:
            self._to_spooled(ends)
