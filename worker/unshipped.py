"""What is not yet stored: filings of the main process's own, and ranges of the spool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from common.clock import Clock
from worker.filing import Filing
from worker.filing_table import FilingTable
from worker.range_table import RangeTable
from worker.ship_wire import Down, Keep, Ship, Shipped
from worker.spool_state import SpoolState
from worker.spooled import Range


class Unshipped:
    """Belongs to one thread; any may look at `state`. It gives what a shipper is to be told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._filings = FilingTable()
        self._ranges = RangeTable()
        self._new: list[Range] = []
        self._spooled = 0
        self._cut: dict[tuple[str, int], int] = {}
        self._since_ms = 0
        self.refused = self.stuck = self.unreadable = 0
        self.why = ""
        self.state = SpoolState()

    def __bool__(self) -> bool:
        """Whether anything is not stored yet."""
        return bool(len(self._filings) or self._ranges)

    def file(self, filings: Sequence[Filing]) -> list[Filing]:
        """These are to be stored; those of them that are not kept."""
        return [filing for filing in filings if not self._filings.add(filing)]

    def spooled(self, range_: Range, count: int, cut: int = 0) -> None:
        """So many ends that lie there are to be recorded; their executor has `cut` so many."""
        if cut:
            self._cut[range_.home, range_.number] = cut
        if new := self._ranges.add(range_):
            self._new += new
            self._spooled += count

    def unsaid(self, everything: bool = False) -> Iterator[Down]:
        """What the shipper is to be told now; what it cannot have yet only with `everything`."""
        new, self._new = self._new, []
        for range_ in new:
            yield Ship(range_)
        for number, filing in self._filings.unsaid(everything):
            yield Keep(number, filing.records)

    def begin_anew(self) -> None:
        """There is another shipper, which was told nothing."""
        self._filings.begin_anew()
        self._new = list(self._ranges)

    def shipped(self, news: Shipped) -> tuple[list[str], list[str]]:
        """These are stored: their run keys, and the runs whose ends executors told."""
        stored = self._filings.stored(news.kept)
        for range_ in news.ranges:
            self._ranges.drop(range_)
        self._spooled -= len(news.told)
        self._since_ms = self._clock.wall_ms()
        told = [filing.told for filing in stored if filing.told]
        return [filing.run_key for filing in stored] + [*news.run_keys], [*told, *news.told]

    def give_up(self, range_: Range) -> None:
        """No records can be made of what lies there."""
        self.unreadable += 1
        self._ranges.drop(range_)

    def measure(self) -> None:
        """Bring `state` up to date."""
        if not self._ranges:
            self._spooled = 0
        if not self:
            self._since_ms = 0
        elif not self._since_ms:
            self._since_ms = self._clock.wall_ms()
        self.state = SpoolState(
            waiting=len(self._filings) + max(self._spooled, bool(self._ranges)),
            bytes=self._filings.weight + self._ranges.size,
            since_ms=self._since_ms,
            cut=self._filings.outputs_cut + sum(self._cut.values()),
            refused=self.refused,
            stuck=self.stuck,
            unreadable=self.unreadable,
            left_to_keys=self._filings.left_to_keys,
            why=self.why,
        )
