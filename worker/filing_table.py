"""What is filed and not yet stored, and how much of it the shipper is told at a time."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Iterable

from worker.filing import Filing

log = logging.getLogger(__name__)

MOST_WAITING_BYTES = 32 << 20
"""So much may wait here; beyond it records are kept without output, and then none are."""
MOST_SAID, MOST_SAID_BYTES = 2000, 8 << 20
"""So much the shipper is told before it has stored some of it."""


class FilingTable:
    """Belongs to one thread. Each filing has a number, which a shipper is told it by."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._filings: dict[int, Filing] = {}
        self._unsaid: deque[int] = deque()
        self.weight = self._said_weight = 0
        self.outputs_cut = self.left_to_keys = 0

    def __len__(self) -> int:
        return len(self._filings)

    def add(self, filing: Filing) -> bool:
        """Keep it until it is stored, without its output where too much waits; whether it is kept.

        Where even that is too much its run key alone stands for it, which says nearly as much: that
        is recorded when there is room again.
        """
        if self._is_too_much(filing):
            less = filing.without_output()
            if less != filing:
                self.outputs_cut += 1
                log.error("%s: output not kept, too much waits already", filing.run_key)
            filing = less
        if self._is_too_much(filing):
            if not self.left_to_keys:
                log.error("too much waits: further records are made of their run keys, later")
            self.left_to_keys += 1
            return False
        number = next(self._numbers)
        self._filings[number] = filing
        self._unsaid.append(number)
        self.weight += filing.weight
        return True

    def unsaid(self, everything: bool = False) -> Iterable[tuple[int, Filing]]:
        """What the shipper is to be told now: no more than it may have, unless `everything`."""
        while self._unsaid and (everything or self._has_room):
            number = self._unsaid.popleft()
            filing = self._filings[number]
            self._said_weight += filing.weight
            yield number, filing

    def stored(self, numbers: Iterable[int]) -> list[Filing]:
        """These need not be kept any more; those of them that were."""
        gone = [self._filings.pop(number) for number in numbers if number in self._filings]
        weight = sum(filing.weight for filing in gone)
        self.weight -= weight
        self._said_weight -= weight
        return gone

    def begin_anew(self) -> None:
        """There is another shipper, which was told nothing."""
        self._unsaid = deque(self._filings)
        self._said_weight = 0

    def _is_too_much(self, filing: Filing) -> bool:
        return self.weight + filing.weight > MOST_WAITING_BYTES

    @property
    def _has_room(self) -> bool:
        said = len(self._filings) - len(self._unsaid)
        return said < MOST_SAID and self._said_weight < MOST_SAID_BYTES
