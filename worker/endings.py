"""What the ends of runs ask for: each to be written, filed and logged, many in one piece."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from common.logs import Several
from worker.asks import Ask, Asks, End
from worker.filing import Filing

log = logging.getLogger(__name__)


class Endings:
    """Belongs to the scheduler's thread."""

    def __init__(
        self, ask: Callable[[Ask], None], file: Callable[[Sequence[Filing]], None]
    ) -> None:
        self._ask = ask
        self._file = file
        self._asks: list[End] = []
        self._filings: list[Filing] = []
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

    def add(self, ask: End, filing: Filing, said: str) -> None:
        """A run is over; `said` is what the log says of it."""
        self._asks.append(ask)
        self._said.append(said)
        self.file(filing)

    def file(self, filing: Filing) -> None:
        """Something is to be recorded."""
        self._filings.append(filing)
        if not self._waits:
            self._give()

    def _give(self) -> None:
        asks, self._asks = self._asks, []
        filings, self._filings = self._filings, []
        said, self._said = self._said, []
        if asks:
            self._ask(Asks(tuple(asks)))
            log.info(Several(said))
        if filings:
            self._file(filings)
