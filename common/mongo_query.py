"""A search as MongoDB is asked it: filters for its documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bson.int64 import Int64
from bson.objectid import ObjectId

from common.record import JobLog, storable
from common.search import Position, Search
from common.search_plan import TOOK, TOOK_CLASS, plan
from common.took import is_within

_FIRST_ID, _LAST_ID = "0" * 24, "f" * 24
_FARTHEST = 2**63 - 1
OF_OURS = {"$type": ["string", "objectId"]}
"""Other ids are nobody's: neither we nor the Go worker name a document otherwise."""


class Walk(NamedTuple):
    """One query, and what each record that it finds is still to be compared with by us."""

    asked: dict[str, Any]
    left: Search | None = None

    def finds(self, record: JobLog) -> bool:
        """Whether a record that the server found is meant."""
        return self.left is None or self.left.matches(record)


class MongoQuery:
    """What is meant, at any time.

    Several values are as many walks, each asked for by itself: an equality before the order is what
    every server walks an index for, without a sort. Which index, it finds by itself.
    """

    def __init__(self, wanted: Search) -> None:
        self._planned = plan(wanted)

    def of(self, times: Mapping[str, Any]) -> list[Walk]:
        """The walks for what is meant and fulfils these conditions; none where nothing can."""
        return [self._walk(arm, times) for arm in _arms(self._planned.bound)]

    def _walk(self, arm: Mapping[str, Any], times: Mapping[str, Any]) -> Walk:
        rest, known = self._planned.rest, arm.get(TOOK_CLASS)
        least, most = rest.took_least_ms, rest.took_most_ms
        if TOOK_CLASS in arm and (known is None or is_within(known, least, most)):
            rest = replace(rest, took_least_ms=None, took_most_ms=None)
        # What is compared stands apart: some servers walk no index else.
        compared = list(_compared(rest))
        asked = {**arm, **times, **({"$and": compared} if compared else {})}
        # The Go worker's documents do not say how long they took.
        unsure = self._planned.rest.by_took and known is None
        return Walk(asked, Search(took_least_ms=least, took_most_ms=most) if unsure else None)


def between(low: int | None, high: int | None) -> dict[str, Any]:
    """The start is a number from `low` until before `high`."""
    # `$gte` on a field before another of the index leaves out its bound in SecantusDB.
    first, last = -_FARTHEST if low is None else low - 1, _FARTHEST if high is None else high
    return {"startTime": {"$gt": int64(first), "$lt": int64(last)}}


def ties(after: Position) -> Iterator[dict[str, Any]]:
    """Of the same start and after this one: other texts, then ids that MongoDB made.

    Two queries: an index is walked for one range of one type.
    """
    same = {"startTime": int64(after.start_ms)}
    if after.object_id:
        yield {**same, "_id": {"$gt": ObjectId(after.run_id)}}
    else:
        yield {**same, "_id": {"$gt": storable(after.run_id)}}
        yield {**same, "_id": {"$gte": ObjectId(_FIRST_ID)}}


def identities(places: Iterable[Position]) -> list[str | ObjectId]:
    """What the records are called in the collection."""
    return [
        ObjectId(place.run_id) if place.object_id else storable(place.run_id) for place in places
    ]


def identities_of(run_id: str) -> list[str | ObjectId]:
    """What a record that is shown under this run id may be called in the collection."""
    made = [ObjectId(run_id)] if ObjectId.is_valid(run_id) else []
    return [storable(run_id), *made]


def place_of(document: Mapping[str, Any]) -> Position:
    """Where a document is; one that nobody of ours named stands just before what follows it."""
    identity, start_ms = document["_id"], _whole(document.get("startTime"))
    if isinstance(identity, str):
        return Position(start_ms, identity)
    if isinstance(identity, ObjectId):
        return Position(start_ms, str(identity), object_id=True)
    if identity is None or (isinstance(identity, int | float) and not isinstance(identity, bool)):
        return Position(start_ms, "")
    return Position(start_ms, _FIRST_ID if isinstance(identity, dict | bytes) else _LAST_ID, True)


def int64(ms: int) -> Int64:
    """A time as BSON takes it."""
    return Int64(min(max(ms, -(2**63)), _FARTHEST))


def _whole(start: object) -> int:
    if not isinstance(start, int | float):
        return 0
    return int(min(max(start, -_FARTHEST), _FARTHEST))


def _arms(bound: Mapping[str, Iterable[str | int]]) -> Iterator[dict[str, Any]]:
    """For each walk, what its index is bound to."""
    for values in itertools.product(*(_stored(field, bound[field]) for field in bound)):
        yield dict(zip(bound, values, strict=True))


def _stored(field: str, values: Iterable[str | int]) -> list[str | int | None]:
    """The values as they lie in documents; those without a class may be of any duration."""
    known = [
        (storable(value) or None) if isinstance(value, str) else value
        for value in dict.fromkeys(values)
    ]
    return [*known, None] if field == TOOK_CLASS else known


def _compared(rest: Search) -> Iterator[dict[str, Any]]:
    """What each document that the index gives is compared with."""
    for field, values in (("outcome", rest.outcomes), ("worker", rest.workers)):
        if values:
            yield {field: {"$in": _stored(field, values)}}
    if rest.trigger:
        yield {"trigger": storable(rest.trigger)}
    if rest.by_took:
        yield {TOOK: {"$not": {"$lt": int64(max(rest.took_least_ms or 0, 0))}}}
    if rest.took_most_ms is not None:
        yield {TOOK: {"$not": {"$gt": int64(rest.took_most_ms)}}}
    if rest.with_err is not None:
        yield {"err": {"$nin" if rest.with_err else "$in": ["", None]}}
    if rest.over_before_ms is not None:
        yield {"endTime": {"$not": {"$gte": int64(rest.over_before_ms)}}}
