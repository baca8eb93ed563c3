"""How a page of a search is filled: from windows of time, the newest first, until it is full.

A window is small at first. As long as nothing is found the next is 64 times as long, and then as
long as the page takes by what was found: so no query meets many more records than the page has room
for, a page among few records takes few queries, and the time that a page may take is looked at in
between. It is asked of both stores in the same way.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from common.clock import Clock
from common.errors import LogStoreSlow
from common.log_store import PAGE_CHARACTERS
from common.record import JobLog
from common.search import Found, Position, Search

PAGE_SECONDS = 0.5
"""So long a page may take, unless it is said."""
FIRST_MS, LEAST_MS = 4000, 250
"""The first window where nothing is known, and where many records were found in less."""
TIMES, SPARE = 64, 1.5
"""A window is so many times as long as the one before it at most, and longer than it must be."""
SHORTER = 16
"""So much shorter is a window that took too long."""
_WHOLE_MS = 24 * 86_400_000
"""A window as long as this (24 days) has no beginning."""
_MOST_KNOWN = 256
QUERY_SECONDS, MOST_SECONDS = 0.25, 4.0
"""So long a query may take; after one that took longer the next may take twice as long."""


class Hit(NamedTuple):
    """A record that was found, and where it is."""

    position: Position
    record: JobLog


class Page:
    """What has been found so far: so many records at most, and so much of output."""

    def __init__(self, limit: int) -> None:
        self.hits: list[Hit] = []
        self._limit = limit
        self._characters = 0

    @property
    def left(self) -> int:
        """How many records there is room for."""
        return 0 if self._characters >= PAGE_CHARACTERS else max(self._limit - len(self.hits), 0)

    def take(self, hits: Iterable[Hit]) -> bool:
        """Take as many as there is room for; False when there was no time for all of them.

        LogStoreSlow when there was none for the first.
        """
        before = len(self.hits)
        try:
            for hit in hits:
                self.hits.append(hit)
                self._characters += len(hit.record.output)
                if not self.left:
                    break
        except LogStoreSlow:
            if len(self.hits) == before:
                raise
            return False
        return True


class Lengths:
    """With how long a window the next page of a search is to begin. Safe to be used by many."""

    def __init__(self) -> None:
        self._known: OrderedDict[Search, int] = OrderedDict()
        self._changing = threading.Lock()

    def first(self, wanted: Search) -> int:
        """The length that was told last, or `FIRST_MS`."""
        with self._changing:
            return self._known.get(wanted, FIRST_MS)

    def told(self, wanted: Search, length: int) -> None:
        """Keep it; the oldest of too many searches is forgotten."""
        with self._changing:
            self._known[wanted] = max(length, LEAST_MS)
            self._known.move_to_end(wanted)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)


class Walks(Protocol):
    """The queries that a store answers: each gives the page what it finds, as positions follow.

    True when that was all or the page is full, False when the seconds were over after a part of
    it; LogStoreSlow when they were over before the first.
    """

    def ties(self, after: Position, page: Page, seconds: float) -> bool:
        """Records of the same start after this one."""

    def between(self, low: int | None, high: int | None, page: Page, seconds: float) -> bool:
        """Records that began at `low` or later and before `high`; None: without that bound."""


class Windows:
    """Fills one page. `until_boot` is when it is to be given as it is, by the clock's boot time."""

    def __init__(
        self,
        walks: Walks,
        wanted: Search,
        limit: int,
        clock: Clock,
        until_boot: float | None,
        lengths: Lengths,
    ) -> None:
        self._walks, self._wanted, self._clock, self._lengths = walks, wanted, clock, lengths
        self._page = Page(limit)
        self._until = clock.boot() + PAGE_SECONDS if until_boot is None else until_boot
        self._length, self._seconds = lengths.first(wanted), QUERY_SECONDS

    def found(self, after: Position | None) -> Found:
        """The page behind this position; LogStoreLost when not even a part of it comes in time."""
        if not self._page.left:
            return Found([], after, None, True)
        high = self._wanted.until_ms
        if after is not None and (high is None or after.start_ms < high):
            if not self._take_ties(after):
                return self._ended(complete=False)
            high = after.start_ms
        found = self._below(high)
        self._learn(after is None or not found.complete)
        return found

    def _take_ties(self, after: Position) -> bool:
        since = self._wanted.since_ms
        if since is not None and after.start_ms < since:
            return True
        return self._walks.ties(after, self._page, MOST_SECONDS)

    def _below(self, high: int | None) -> Found:
        """The page, once what began before `high` has been looked at as far as it is needed."""
        while self._page.left:
            low = self._low(high)
            if low is not None and high is not None and low >= high:
                return self._given(None, None)
            before = len(self._page.hits)
            try:
                if not self._walks.between(low, high, self._page, self._seconds):
                    return self._ended(complete=False)
            except LogStoreSlow:
                if self._page.hits and self._clock.boot() >= self._until:
                    return self._ended(complete=False)
                if self._seconds >= MOST_SECONDS:
                    raise
                self._length, self._seconds = max(self._length // SHORTER, 1), self._seconds * 2
                continue
            if self._page.left and low == self._wanted.since_ms:
                return self._given(None, None)
            high, self._length = low, self._longer(len(self._page.hits) - before)
            if self._page.left and high is not None and self._clock.boot() >= self._until:
                return self._given(Position(high - 1, ""), high - 1, complete=False)
        return self._ended(complete=True)

    def _longer(self, found: int) -> int:
        """How long the next window is to be, after one in which so many were found."""
        if found:
            times = min(max(SPARE * (self._page.left + 2) / found, 1.0), TIMES)
            return min(round(self._length * times), _WHOLE_MS)
        # Where there were some a moment ago there are none for long.
        return _WHOLE_MS if self._page.hits else min(self._length * TIMES, _WHOLE_MS)

    def _learn(self, of_length: bool) -> None:
        """Tell how long a window fills the next page, if it is like this one.

        `of_length`: where too little was found, this one's length tells it.
        """
        hits = self._page.hits
        if len(hits) > 1:
            span = hits[0].position.start_ms - hits[-1].position.start_ms
            full = (len(hits) + self._page.left) / len(hits)
            self._lengths.told(self._wanted, min(round(SPARE * span * full), _WHOLE_MS))
        elif of_length:
            self._lengths.told(self._wanted, self._length)

    def _low(self, high: int | None) -> int | None:
        """Where the next window begins; None: with the first record of all."""
        since = self._wanted.since_ms
        if self._length >= _WHOLE_MS:
            return since
        now = self._clock.wall_ms()
        low = (now if high is None else min(high, now)) - self._length
        return low if since is None else max(low, since)

    def _ended(self, complete: bool) -> Found:
        """The page as it is, up to its last record."""
        last = self._page.hits[-1].position
        return self._given(last, last.start_ms, complete)

    def _given(self, after: Position | None, to_ms: int | None, complete: bool = True) -> Found:
        records = [hit.record for hit in self._page.hits]
        places = [hit.position for hit in self._page.hits]
        return Found(records, after, to_ms, complete, places)
