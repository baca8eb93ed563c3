"""A search as MongoDB is asked it: a filter, and the index that answers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bson.int64 import Int64
from bson.objectid import ObjectId

from common.mongo_indexes import NEWEST_FIRST, Order, ascending
from common.record import storable
from common.search import Position, Search
from common.search_plan import INDEXES, TOOK_CLASS, plan

_FIRST_ID, _LAST_ID = "0" * 24, "f" * 24
_FARTHEST = 2**63 - 1


class MongoQuery:
    """What is meant, at any time. Its index ends in start time and `_id`, as the order does."""

    def __init__(self, wanted: Search) -> None:
        planned = plan(wanted)
        self.index: Order = [*map(ascending, INDEXES[planned.index]), *NEWEST_FIRST]
        self._conditions: list[dict[str, Any]] = [
            *({field: _one_of(field, values)} for field, values in planned.bound.items()),
            *_compared(planned.rest),
        ]

    def of(self, times: Mapping[str, Any]) -> dict[str, Any]:
        """The filter for what is meant and fulfils these conditions."""
        return {"$and": [*self._conditions, times]} if self._conditions else dict(times)


def between(low: int | None, high: int | None) -> dict[str, Any]:
    """The start is a number from `low` until before `high`."""
    bounds = {"$gte": _FARTHEST * -1 if low is None else low, "$lt": high}
    return {"startTime": {name: int64(ms) for name, ms in bounds.items() if ms is not None}}


def ties(after: Position) -> Iterator[dict[str, Any]]:
    """Of the same start and after this one: other texts, then ids that MongoDB made."""
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


def _one_of(field: str, values: Iterable[str | int]) -> Any:
    """One of these values; documents without the field have none, or an unknown class."""
    known: list[str | int | None] = [
        (storable(value) or None) if isinstance(value, str) else value
        for value in dict.fromkeys(values)
    ]
    known += [None] if field == TOOK_CLASS else []
    return known[0] if len(known) == 1 else {"$in": known}


def _compared(rest: Search) -> Iterator[dict[str, Any]]:
    """What each document that the index gives is compared with."""
    for field, values in (("outcome", rest.outcomes), ("worker", rest.workers)):
        if values:
            yield {field: _one_of(field, values)}
    if rest.trigger:
        yield {"trigger": storable(rest.trigger)}
    if rest.by_took:
        yield {"endTime": {"$type": "number"}}
        yield _began()
    if rest.took_least_ms is not None and rest.took_least_ms > 0:
        yield _took("$gte", rest.took_least_ms)
    if rest.took_most_ms is not None:
        yield _took("$lte", rest.took_most_ms)
    if rest.with_err is not None:
        yield {"err": {"$nin" if rest.with_err else "$in": ["", None]}}


def _began() -> dict[str, Any]:
    """The command began, as `common.took.took_ms` says it."""
    ended = [{name: {"$type": "number"}} for name in ("exitCode", "signal")]
    return {"$or": [*ended, _took("$gte", 1)]}


def _took(comparison: str, ms: int) -> dict[str, Any]:
    return {"$expr": {comparison: ["$endTime", {"$add": ["$startTime", int64(ms)]}]}}
