"""Housekeeping of the records in MongoDB: what is old, how much, and away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo import errors
from pymongo.collection import Collection

from common.errors import LogStoreSlow
from common.log_store_keeping import OLDER_SECONDS
from common.mongo_errors import NO_COLLECTION
from common.mongo_indexes import INDEX
from common.mongo_query import OF_OURS, MongoQuery, Walk, between, identities, place_of
from common.mongo_search import within
from common.record import storable
from common.search import Position, Search

Document = dict[str, Any]
_PLACES = 500
"""So many are removed by one request."""
INDEXED_BYTES = 1000
"""More than this the indexes do not need for a record: the rest is room that removed ones left."""


class MongoKeeping:
    """Over one collection, with its write concern. pymongo's errors pass through."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def older(self, wanted: Search, limit: int) -> list[Position]:
        """See `LogStoreKeeping.older`."""
        found: list[Position] = []
        times = between(wanted.since_ms, wanted.until_ms)
        try:
            with within(OLDER_SECONDS):
                for walk in MongoQuery(wanted).of({**times, "_id": OF_OURS}):
                    for place in self._places(walk, limit - len(found)):
                        found.append(place)
        except LogStoreSlow:
            if not found:
                raise
        return found

    def _places(self, walk: Walk, most: int) -> Iterator[Position]:
        """Where some are that a walk finds."""
        if most > 0:
            stages = [*walk.stages(), {"$limit": most}, {"$project": {"startTime": True}}]
            yield from map(place_of, self._collection.aggregate(stages, batchSize=most + 1))

    def remove(self, places: Sequence[Position]) -> int:
        """See `LogStoreKeeping.remove`."""
        removed, known = 0, identities(places)
        for start in range(0, len(known), _PLACES):
            part = {"_id": {"$in": known[start : start + _PLACES]}}
            removed += self._collection.delete_many(part).deleted_count
        return removed

    def size_bytes(self) -> int:
        """See `LogStoreKeeping.size_bytes`."""
        try:
            told = self._collection.database.command("collStats", self._collection.name)
        except errors.OperationFailure as error:
            if error.code != NO_COLLECTION:
                raise
            return 0
        return used_bytes(told)

    def names(self, after: str, limit: int) -> list[str]:
        """See `LogStoreKeeping.names`: each is found in the index by the one before it."""
        found: list[str] = []
        last = storable(after)
        while len(found) < limit:
            query = {"jobName": {"$gt": last}}
            cursor = self._collection.find(query, {"jobName": True, "_id": False}).sort(INDEX)
            document = next(cursor.limit(1), None)
            if document is None:
                break
            last = document["jobName"]
            found.append(last)
        return found


def used_bytes(told: Mapping[str, Any]) -> int:
    """How much of a collection is in use, by its `collStats`.

    MongoDB's files of indexes do not shrink when records are removed. What can be used again of
    them is told of each, once it has been written to disk; and some servers do not tell it.
    """
    indexes = int(told.get("totalIndexSize", 0)) - sum(map(_free, _details(told)))
    needed = INDEXED_BYTES * int(told.get("count", 0))
    return int(told.get("size", 0)) + max(min(indexes, needed), 0)


def _details(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is told of each index's file."""
    for index in told.get("indexDetails", {}).values():
        yield index.get("block-manager", {})


def _free(file: Mapping[str, Any]) -> int:
    return int(file.get("file bytes available for reuse", 0))
