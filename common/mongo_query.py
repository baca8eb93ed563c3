"""A search as MongoDB is asked it: filters for its documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bson.int64 import Int64
from bson.objectid import ObjectId

from common.record import storable
from common.search import Position, Search
from common.search_plan import TOOK, TOOK_CLASS, plan
from common.took import is_within

_FIRST_ID, _LAST_ID = "0" * 24, "f" * 24
_FARTHEST = 2**63 - 1
OF_OURS = {"$type": ["string", "objectId"]}
"""Other ids are nobody's: neither we nor the Go worker name a document otherwise."""


Stage = dict[str, Any]


class Walk(NamedTuple):
    """One walk of an index: by what it is bound, and what each document is compared with."""

    bounds: dict[str, Any]
    compared: list[dict[str, Any]]

    def stages(self, *order: Stage) -> list[Stage]:
        """An aggregation of the documents, in an order.

        What is compared is a stage of its own: it is all the same to MongoDB, and some servers
        would else walk more of the index than its bounds.
        """
        compared = [{"$match": {"$and": self.compared}}] if self.compared else []
        return [{"$match": self.bounds}, *compared, *order]


class MongoQuery:
    """What is meant, at any time.

    Several values are as many walks, each asked for by itself: an equality before the order is what
    every server walks an index for, without a sort. Which index, it finds by itself.
    """

    def __init__(self, wanted: Search) -> None:
        self._wanted = wanted
        self._planned = plan(wanted, many_workers=True)

    def of(self, times: Mapping[str, Any], more: Iterable[dict[str, Any]] = ()) -> list[Walk]:
        """The walks for what is meant and of these times; none where nothing can be.

        Each document is compared with `more`, too.
        """
        return [self._walk(arm, times, more) for arm in _arms(self._planned.bound)]

    def beside(self, after: Position) -> list[Walk]:
        """The walks for what is meant, begins when the record here does, and comes after it.

        Few records begin together: instead of several walks one goes through all of these.
        """
        same, behind = {"startTime": int64(after.start_ms)}, _behind(after)
        walks = self.of(same, behind)
        return walks if len(walks) < 2 else [Walk(same, [*behind, *_compared(self._wanted)])]

    def _walk(
        self, arm: Mapping[str, Any], times: Mapping[str, Any], more: Iterable[dict[str, Any]]
    ) -> Walk:
        rest, known = self._planned.rest, arm.get(TOOK_CLASS)
        if known is not None and is_within(known, rest.took_least_ms, rest.took_most_ms):
            rest = replace(rest, took_least_ms=None, took_most_ms=None)
        return Walk({**arm, **times}, [*more, *_compared(rest)])


def between(low: int | None, high: int | None) -> dict[str, Any]:
    """The start is a number from `low` until before `high`."""
    # `$gte` on a field before another of the index leaves out its bound in SecantusDB.
    first, last = -_FARTHEST if low is None else low - 1, _FARTHEST if high is None else high
    return {"startTime": {"$gt": int64(first), "$lt": int64(last)}}


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


def _behind(after: Position) -> list[dict[str, Any]]:
    """Among those of the same start it comes after this one: texts, then ids that MongoDB made."""
    if after.object_id:
        return [{"_id": {"$gt": ObjectId(after.run_id)}}]
    return [{"_id": {"$not": {"$lte": storable(after.run_id)}}}, {"_id": OF_OURS}]


def _compared(rest: Search) -> Iterator[dict[str, Any]]:
    """What each document that the index gives is compared with."""
    if rest.job:
        yield {"jobName": storable(rest.job)}
    for field, values in (("outcome", rest.outcomes), ("worker", rest.workers)):
        if values:
            yield {field: {"$in": _stored(field, values)}}
    if rest.trigger:
        yield {"trigger": storable(rest.trigger)}
    if rest.by_took:
        yield _took(max(rest.took_least_ms or 0, 0), rest.took_most_ms)
    if rest.with_err is not None:
        yield {"err": {"$nin" if rest.with_err else "$in": ["", None]}}
    if rest.over_before_ms is not None:
        yield {"endTime": {"$not": {"$gte": int64(rest.over_before_ms)}}}


def _took(least: int, most: int | None) -> dict[str, Any]:
    """The command began and took so long, as `common.took.took_ms` says it."""
    bounds = {"$gte": int64(least), **({} if most is None else {"$lte": int64(most)})}
    return {"$or": [{TOOK: bounds}, {TOOK: None, "$and": list(_lasted(least, most))}]}


def _lasted(least: int, most: int | None) -> Iterator[dict[str, Any]]:
    """The same of the Go worker's documents, which do not say how long it was."""
    ended = [{name: {"$type": "number"}} for name in ("exitCode", "signal")]
    yield {"endTime": {"$type": "number"}}
    yield {"$or": [*ended, _apart("$gte", 1)]}
    if least > 0:
        yield _apart("$gte", least)
    if most is not None:
        yield _apart("$lte", most)


def _apart(comparison: str, ms: int) -> dict[str, Any]:
    return {"$expr": {comparison: ["$endTime", {"$add": ["$startTime", int64(ms)]}]}}
