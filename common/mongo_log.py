"""The store of run logs of a fleet: a LogStore in MongoDB, in the fixed interface's collection.

Written with majority and journal, so that what was acknowledged survives `kill -9` and a failover.
A record's `_id` is its run id: writing it again finds it there and changes nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo import errors
from pymongo.write_concern import WriteConcern

from common.errors import InvalidField, LogStoreLost, LogStoreRefused
from common.log_store import JobLogFilter, LogBatch
from common.mongo_client import Document, address, mongo_client
from common.mongo_document import decoded, encoded, parts
from common.mongo_errors import (
    FOREIGN_ERRORS,
    is_about_documents,
    is_passing,
    is_there_already,
    translation,
)
from common.mongo_settings import MongoSettings
from common.record import JobLog, storable

NEWEST_FIRST = [("startTime", pymongo.DESCENDING), ("_id", pymongo.ASCENDING)]
INDEX = [("jobName", pymongo.ASCENDING), *NEWEST_FIRST]
INDEX_SECONDS = 600.0
"""How long the index of a collection may take that was filled without it."""
_INDEX_OF_ANOTHER_NAME = 85
_GREATEST = 2**31 - 1
_NAMES_AT_ONCE = 100


class MongoLogStore:
    """A LogStore on MongoDB. Nothing is connected before the first call; each has a deadline."""

    def __init__(self, settings: MongoSettings) -> None:
        """ConfigError when the settings are no way to reach a MongoDB."""
        self._address = address(settings)
        self._client = mongo_client(settings)
        database = self._client.get_database(
            settings.database, write_concern=WriteConcern("majority", j=True)
        )
        self._collection = database[settings.collection]

    def write(self, batch: LogBatch) -> None:
        """Return when the records are durable; one already there is left as it is.

        LogStoreRefused names records that MongoDB does not take, once the others are durable.
        """
        documents, refused = [], []
        for record in batch.logs:
            try:
                documents.append(encoded(record))
            except InvalidField as error:
                refused.append(f"{record.run_id}: {error}")
        with self._translated():
            for part in parts(documents):
                refused += self._insert(part)
        if refused:
            raise LogStoreRefused(f"MongoDB at {self._address} refused {'; '.join(refused)}")

    def read(self, wanted: JobLogFilter, skip: int, limit: int) -> list[JobLog]:
        """A page of a job's records by start time, newest first; equal times by run id."""
        if limit <= 0:
            return []
        query = {"jobName": storable(wanted.job_name)}
        with self._translated():
            found = self._collection.find(query).sort(NEWEST_FIRST)
            page = found.skip(min(max(skip, 0), _GREATEST)).limit(min(limit, _GREATEST))
            return [decoded(document) for document in page]

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, without its output."""
        stored = list(dict.fromkeys(storable(name) for name in names))
        found: dict[str, JobLog] = {}
        with self._translated():
            for start in range(0, len(stored), _NAMES_AT_ONCE):
                found |= self._latest(stored[start : start + _NAMES_AT_ONCE])
        return {name: found[storable(name)] for name in names if storable(name) in found}

    def ping(self) -> None:
        """Return when the server answers and we may write; makes our index where it is missing."""
        with self._translated():
            there = [list(index["key"].items()) for index in self._collection.list_indexes()]
            with contextlib.nullcontext() if INDEX in there else pymongo.timeout(INDEX_SECONDS):
                self._make_index()

    def close(self) -> None:
        """End all connections and pymongo's threads; safe twice."""
        self._client.close()

    def _make_index(self) -> None:
        """Asked for also where it is there: so the server tells if we may not write."""
        try:
            self._collection.create_index(INDEX, name="newest_first")
        except errors.OperationFailure as error:
            if error.code != _INDEX_OF_ANOTHER_NAME:
                raise

    def _latest(self, names: list[str]) -> dict[str, JobLog]:
        """In two steps, so that the server walks only the index to find which they are."""
        stages: list[Document] = [
            {"$match": {"jobName": {"$in": names}}},
            {"$sort": dict(INDEX)},
            {"$group": {"_id": "$jobName", "newest": {"$first": "$_id"}}},
        ]
        newest = [group["newest"] for group in self._collection.aggregate(stages)]
        found = self._collection.find({"_id": {"$in": newest}}, {"output": False})
        return {record.job_name: record for record in map(decoded, found)}

    def _insert(self, documents: list[RawBSONDocument]) -> list[str]:
        """Insert what can be; which run ids were refused, and why."""
        try:
            self._collection.insert_many(documents, ordered=False)
        except errors.BulkWriteError as error:
            return self._refused(error, documents)
        except errors.OperationFailure as error:
            if not is_about_documents(error):
                raise
            if len(documents) == 1:
                return [f"{documents[0]['_id']}: {translation(error, self._address)}"]
            half = len(documents) // 2
            return self._insert(documents[:half]) + self._insert(documents[half:])
        return []

    def _refused(
        self, error: errors.BulkWriteError, documents: Sequence[RawBSONDocument]
    ) -> list[str]:
        unconfirmed = error.details.get("writeConcernErrors", [])
        others = [e for e in error.details["writeErrors"] if not is_there_already(e)]
        passing = [each for each in [*unconfirmed, *others] if is_passing(each)]
        for each in passing or unconfirmed:
            raised = LogStoreLost if passing else LogStoreRefused
            raise raised(f"MongoDB at {self._address} confirms nothing: {each.get('errmsg')}")
        return [f"{documents[e['index']]['_id']}: {e.get('errmsg')}" for e in others]

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FOREIGN_ERRORS as error:
            raise translation(error, self._address) from error
