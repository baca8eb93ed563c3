"""Housekeeping of the records in MongoDB: what is old, how much, and away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        return int(told.get("size", 0)) + int(told.get("totalIndexSize", 0))

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
