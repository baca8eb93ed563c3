"""Asks a store for pages, measures how long each takes, and looks at what is in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import NamedTuple

from bench.search_log import Log
from bench.search_plain import cpu_ms
from bench.search_shapes import AGAIN
from common.errors import LogStoreLost
from common.log_store import LogStore
from common.search import Position, Search

LIMIT_MS = 50.0
BUSY = 1.5
"""The machine is busy where plain pages take so many times as long as they take of a CPU."""
PAGE = 50
PLACES = ("first", "middle", "last")


class Place(NamedTuple):
    """A page: where it is, behind what, and the run ids that it is to have."""

    where: str
    after: Position | None
    run_ids: list[str]


@dataclass(slots=True)
class Taken:
    """What was measured of one page: ms until it was there, and ms of CPU for it."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{median(self.wall):7.1f} {max(self.wall):7.1f} {median(self.cpu):6.1f}"


class Timed:
    """What was measured of one search, and what is wrong with it."""

    def __init__(self) -> None:
        self.pages = {where: Taken() for where in PLACES}
        self.plain = Taken()
        self.wrong: set[str] = set()

    @property
    def usual(self) -> float:
        """ms until a page is usually there, of that for which it is the most."""
        return max(median(each.wall) for each in self.pages.values())

    @property
    def needed(self) -> float:
        """ms of CPU that a page usually takes, of that for which it is the most."""
        return max(median(each.cpu) for each in self.pages.values())

    @property
    def busy(self) -> bool:
        """Whether other programs had the CPU, and not the search was slow."""
        # All of them together: a short one is seldom interrupted, and then for long.
        waited = sum(self.plain.wall) > BUSY * sum(self.plain.cpu)
        return waited and self.needed < LIMIT_MS

    @property
    def remarks(self) -> list[str]:
        """All that is not as it is to be."""
        slow = ["SLOWED BY OTHERS" if self.busy else "TOO SLOW"] if self.usual >= LIMIT_MS else []
        return [*sorted(self.wrong), *slow]

    def __str__(self) -> str:
        return "  ".join(map(str, [*self.pages.values(), self.plain]))


class Pages:
    """Those of one store. `plain` asks its server for a plain page.

    `server` is the pid of that, 0 where it is this process, None where it is not known.
    """

    def __init__(
        self, logs: LogStore, log: Log, plain: Callable[[], None], server: int | None
    ) -> None:
        self.logs, self.log = logs, log
        self._plain, self._server = plain, server
        self._known: tuple[Search | None, list[int]] = (None, [])

    def timed(self, searches: tuple[Search, ...]) -> Timed:
        """Ask for the pages of each, or of one of them several times."""
        timed = Timed()
        for number in range(AGAIN):
            for place in self.places(wanted := searches[number % len(searches)]):
                with self._measured(timed.plain):
                    self._plain()
                self._ask(wanted, place, timed)
        return timed

    def places(self, wanted: Search) -> list[Place]:
        """The first page, one in the middle and the last."""
        if self._known[0] != wanted:
            self._known = wanted, self.log.meant(wanted)
        _, meant = self._known
        begins = (0, len(meant) // 2, max(len(meant) - PAGE // 2, 0))
        return [
            Place(
                where,
                self.log.position(meant[begin - 1]) if begin else None,
                [self.log.run_id(number) for number in meant[begin : begin + PAGE]],
            )
            for where, begin in zip(PLACES, begins, strict=True)
        ]

    def _ask(self, wanted: Search, place: Place, timed: Timed) -> None:
        """Measure a page and look at it."""
        taken = timed.pages[place.where]
        try:
            with self._measured(taken):
                found = self.logs.search(wanted, place.after, PAGE)
        except LogStoreLost:
            timed.wrong.add("NO ANSWER")
            taken.wall.append(inf)
            taken.cpu.append(inf)
            return
        if [record.run_id for record in found.records] != place.run_ids:
            timed.wrong.add("OTHER RECORDS" if found.complete else "SHORT")

    @contextmanager
    def _measured(self, taken: Taken) -> Iterator[None]:
        cpu, began = cpu_ms(self._server), time.perf_counter()
        yield
        taken.wall.append((time.perf_counter() - began) * 1000)
        taken.cpu.append(inf if self._server is None else cpu_ms(self._server) - cpu)
