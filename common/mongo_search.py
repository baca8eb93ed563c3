"""MongoDB searches the records: each listing walks one index in its order."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pymongo
from pymongo import errors
from pymongo.collection import Collection

from common.clock import Clock
from common.errors import LogStoreSlow
from common.mongo_indexes import NEWEST_FIRST
from common.mongo_query import MongoQuery, Stage, Walk, between, place_of
from common.mongo_record import WITHOUT_OUTPUT, decoded
from common.record import OUTCOMES
from common.search import Found, Position, Search
from common.search_windows import QUERY_SECONDS, Hit, Lengths, Page, Windows

_GREATEST = 2**31 - 1
_NOT_TRIED = "found yet"
"""What pymongo says while no try to connect has ended."""
Document = dict[str, Any]


class MongoSearch:
    """Reads only. pymongo's errors pass through; what takes too long is `LogStoreSlow`."""

    def __init__(self, collection: Collection[Document], clock: Clock) -> None:
        self._collection = collection
        self._clock = clock
        self._lengths = Lengths()

    def page(
        self,
        wanted: Search,
        after: Position | None,
        limit: int,
        outputs: bool,
        until_boot: float | None,
    ) -> Found:
        """See `LogStore.search`."""
        walks = _Walks(self, MongoQuery(wanted), None if outputs else WITHOUT_OUTPUT)
        windows = Windows(walks, wanted, limit, self._clock, until_boot, self._lengths)
        return windows.found(after)

    def counts(self, wanted: Search, most: int) -> Mapping[str, int | None]:
        """See `LogStore.counts`."""
        counted = {
            outcome: self._count(replace(wanted, outcomes=(outcome,)), min(most, _GREATEST))
            for outcome in dict.fromkeys(wanted.outcomes or (*OUTCOMES, ""))
            if most > 0
        }
        return {outcome: count for outcome, count in counted.items() if count != 0}

    def take(self, walks: list[Walk], shown: Mapping[str, Any] | None, page: Page) -> bool:
        """Give the page what all walks find, in one order."""
        limit = min(page.left, _GREATEST)
        # Whole outputs are read as they are needed: of each walk some will do.
        at_once = limit // max(len(walks), 1) + 1 if shown is None else limit
        with contextlib.ExitStack() as closed:
            found = []
            for walk in walks:
                cursor = self._collection.aggregate(
                    _listing(walk, limit, shown), batchSize=at_once + 1
                )
                closed.callback(cursor.close)
                found.append(_hits(cursor))
            return page.take(heapq.merge(*found, key=_in_order))

    def _count(self, wanted: Search, most: int) -> int | None:
        count = 0
        try:
            with within(QUERY_SECONDS):
                for walk in MongoQuery(wanted).of(between(wanted.since_ms, wanted.until_ms)):
                    count += self._count_of(walk, most)
        except LogStoreSlow:
            return None
        return min(count, most)

    def _count_of(self, walk: Walk, most: int) -> int:
        counting = [*walk.stages(), {"$limit": most}, {"$count": "count"}]
        return sum(int(each["count"]) for each in self._collection.aggregate(counting))


class _Walks:
    """The queries of one search, for its windows."""

    def __init__(
        self, store: MongoSearch, query: MongoQuery, shown: Mapping[str, Any] | None
    ) -> None:
        self._store, self._query, self._shown = store, query, shown

    def ties(self, after: Position, page: Page, seconds: float) -> bool:
        """Records of the same start after this one."""
        with within(seconds):
            return self._store.take(self._query.beside(after), self._shown, page)

    def between(self, low: int | None, high: int | None, page: Page, seconds: float) -> bool:
        """Records that began at `low` or later and before `high`."""
        with within(seconds):
            return self._store.take(self._query.of(between(low, high)), self._shown, page)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what is asked so many seconds; LogStoreSlow where it takes longer."""
    with pymongo.timeout(seconds), _timed():
        yield


@contextlib.contextmanager
def _timed() -> Iterator[None]:
    try:
        yield
    except errors.PyMongoError as error:
        if not error.timeout or _is_away(error):
            raise
        raise LogStoreSlow("the search took longer than it may") from error


def _is_away(error: errors.PyMongoError) -> bool:
    """Whether it is known why no server is there: to ask for less, or for longer, is in vain."""
    return isinstance(error, errors.ServerSelectionTimeoutError) and _NOT_TRIED not in str(error)


def _listing(walk: Walk, limit: int, shown: Mapping[str, Any] | None) -> list[Stage]:
    """The first of a walk in its order."""
    project = [{"$project": dict(shown)}] if shown else []
    return [*walk.stages({"$sort": dict(NEWEST_FIRST)}), {"$limit": limit}, *project]


def _hits(documents: Iterator[Mapping[str, Any]]) -> Iterator[Hit]:
    with _timed():
        for document in documents:
            yield Hit(place_of(document), decoded(document))


def _in_order(hit: Hit) -> tuple[int, bool, str]:
    place = hit.position
    return (-place.start_ms, place.object_id, place.run_id)
