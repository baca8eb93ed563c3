"""The store of run logs of a fleet: a LogStore in MongoDB, in the fixed interface's collection.

Written with majority and journal, so that what was acknowledged survives `kill -9` and a failover.
A record's `_id` is its run id: writing it again finds it there, and what came is merged into it.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence

import pymongo
from bson.errors import BSONError
from pymongo import errors
from pymongo.write_concern import WriteConcern

from common.clock import Clock, SystemClock
from common.constants import AUDIT_COLLECTION
from common.errors import (
    ConfigError,
    InvalidField,
    LogStoreError,
    LogStoreLost,
    LogStoreRefused,
    LogStoreUnindexed,
)
from common.log_store import JobLogFilter, LogBatch, paged
from common.mongo_audit import MongoAudit
from common.mongo_clock import CLOCK_SECONDS, epoch_ms
from common.mongo_document import fitting, parts
from common.mongo_errors import NOT_AUTHORIZED, named, passes, sentence
from common.mongo_indexes import BY_END, BY_PLAN, INDEX, NEWEST_FIRST, Order, make_indexes
from common.mongo_keeping import MongoKeeping
from common.mongo_options import address, client_options, without_secrets
from common.mongo_query import identities_of, int64
from common.mongo_record import WITHOUT_OUTPUT, decoded, encoded
from common.mongo_search import MongoSearch
from common.mongo_settings import MongoSettings
from common.mongo_writer import Document, MongoWriter
from common.record import JobLog, storable
from common.search import Found, Position, Search

_GREATEST = 2**31 - 1
_NAMES_AT_ONCE = 100


class MongoLogStore:
    """A LogStore on MongoDB. Nothing is connected before the first call; each has a deadline."""

    def __init__(self, settings: MongoSettings, clock: Clock | None = None) -> None:
        """ConfigError when the settings are no way to reach a MongoDB."""
        self._address = address(settings)
        self._client = _client(settings)
        database = self._client.get_database(
            settings.database, write_concern=WriteConcern("majority", j=True)
        )
        self._collection = database[settings.collection]
        self._writer = MongoWriter(self._collection, self._address)
        self.audit = MongoAudit(database[AUDIT_COLLECTION], self._translated)
        self._search = MongoSearch(self._collection, clock or SystemClock())
        self._keeping = MongoKeeping(self._collection)

    def write(self, batch: LogBatch) -> None:
        """Return when the records are durable; one already there is `merged`.

        LogStoreRefused names records that MongoDB does not take, once the others are durable.
        """
        documents, refused = [], []
        for record in batch.logs:
            try:
                documents.append(fitting(record, encoded))
            except InvalidField as error:
                refused.append(f"{record.run_id}: {error}")
        with self._translated():
            for part in parts(documents):
                refused += self._writer.insert(part)
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
            return paged(decoded(document) for document in page)

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, without its output."""
        stored = list(dict.fromkeys(storable(name) for name in names))
        found: dict[str, JobLog] = {}
        with self._translated():
            for start in range(0, len(stored), _NAMES_AT_ONCE):
                found |= self._latest(stored[start : start + _NAMES_AT_ONCE])
        return {name: found[storable(name)] for name in names if storable(name) in found}

    def one(self, run_id: str) -> JobLog | None:
        """The whole record of a run id, or None while there is none."""
        with self._translated():
            found = self._collection.find_one({"_id": {"$in": identities_of(run_id)}})
            return None if found is None else decoded(found)

    def planned(self, name: str, first_ms: int, last_ms: int, limit: int) -> list[JobLog]:
        """A job's first records whose plan time lies from the one to the other; no output."""
        # `$lte` on a field before another of the index leaves out its bound in SecantusDB.
        window = {"$gte": int64(first_ms), "$lt": int64(last_ms + 1)}
        return self._first({"jobName": storable(name), "planTime": window}, BY_PLAN, limit)

    def gaps(self, name: str, from_ms: int, limit: int) -> list[JobLog]:
        """A job's first records of a gap that ends at this time or later; no output."""
        query = {"jobName": storable(name), "to": {"$gte": int64(from_ms)}}
        return self._first(query, BY_END, limit)

    def search(
        self,
        wanted: Search,
        after: Position | None,
        limit: int,
        outputs: bool = False,
        until_boot: float | None = None,
    ) -> Found:
        """A page of the records that are meant, behind a position; newest first."""
        with self._translated():
            return self._search.page(wanted, after, limit, outputs, until_boot)

    def counts(self, wanted: Search, most: int) -> Mapping[str, int | None]:
        """How many of the records that are meant each outcome has, counted up to `most`."""
        with self._translated():
            return self._search.counts(wanted, most)

    def older(self, wanted: Search, limit: int) -> list[Position]:
        """Some of the records that are meant, in no order."""
        with self._translated():
            return self._keeping.older(wanted, limit)

    def remove(self, places: Sequence[Position]) -> int:
        """Remove these records, durably; how many of them were there."""
        with self._translated():
            return self._keeping.remove(places)

    def size_bytes(self) -> int:
        """How much room the records and their indexes take, before any compression."""
        with self._translated():
            return self._keeping.size_bytes()

    def names(self, after: str, limit: int) -> list[str]:
        """The first names of jobs that have records behind this one, in their bytes' order."""
        with self._translated():
            return self._keeping.names(after, limit)

    def ping(self) -> None:
        """Return when the server answers and has our indexes, which are made where missing."""
        with self._translated():
            try:
                make_indexes(self._collection)
            except errors.OperationFailure as error:
                if error.code != NOT_AUTHORIZED:
                    raise
                # Who may not even read is refused here as well, and then it is not the index.
                self._collection.find_one({}, {"_id": True})
                text = sentence(str(error), error.details)
                raise LogStoreUnindexed(named(self._address, text)) from error

    def clock(self) -> int | None:
        """What the server's wall clock says, epoch ms; None where it does not tell."""
        with self._translated(), pymongo.timeout(CLOCK_SECONDS):
            return epoch_ms(self._client.admin.command("hello").get("localTime"))

    def close(self) -> None:
        """End all connections and pymongo's threads; safe twice."""
        self._client.close()

    def _first(self, query: Document, order: Order, limit: int) -> list[JobLog]:
        if limit <= 0:
            return []
        with self._translated():
            found = self._collection.find(query, WITHOUT_OUTPUT).sort(order)
            return [decoded(document) for document in found.limit(min(limit, _GREATEST))]

    def _latest(self, names: list[str]) -> dict[str, JobLog]:
        """In two steps, so that the server walks only the index to find which they are."""
        stages: list[Document] = [
            {"$match": {"jobName": {"$in": names}}},
            {"$sort": dict(INDEX)},
            {"$group": {"_id": "$jobName", "newest": {"$first": "$_id"}}},
        ]
        newest = [group["newest"] for group in self._collection.aggregate(stages)]
        found = self._collection.find({"_id": {"$in": newest}}, WITHOUT_OUTPUT)
        return {record.job_name: record for record in map(decoded, found)}

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Lost when the server did not answer in time or says that it will later, else refused."""
        try:
            yield
        except (errors.PyMongoError, BSONError) as error:
            raised: type[LogStoreError] = LogStoreLost if passes(error) else LogStoreRefused
            text = sentence(str(error), getattr(error, "details", None))
            raise raised(named(self._address, text)) from error


def _client(settings: MongoSettings) -> pymongo.MongoClient[Document]:
    """A client that connects at its first call."""
    try:
        with client_options(settings) as options, warnings.catch_warnings():
            # pymongo warns of an option that it does not take, and goes on without (TLS, too).
            warnings.simplefilter("error", UserWarning)
            return pymongo.MongoClient(settings.uri, **options)
    except errors.InvalidURI:
        # pymongo's sentence may quote the password.
        text = "no MongoDB connection string (user and password in it must be percent-encoded)"
        raise ConfigError(f"mongodb_uri: {text}") from None
    except (errors.PyMongoError, UserWarning, ValueError, TypeError) as error:
        raise ConfigError(f"mongodb_uri: {without_secrets(str(error), settings)}") from None
    except OSError as error:
        raise ConfigError(f"mongodb: {error}") from error
