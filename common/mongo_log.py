"""The store of run logs of a fleet: a LogStore in MongoDB, in the fixed interface's collection.

Written with majority and journal, so that what was acknowledged survives `kill -9` and a failover.
A record's `_id` is its run id: writing it again finds it there and changes nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import bson
import pymongo
from bson.errors import BSONError
from bson.int64 import Int64
from pymongo import errors
from pymongo.write_concern import WriteConcern

from common.errors import ConfigError, InvalidField, LogStoreError, LogStoreLost, LogStoreRefused
from common.log_store import JobLogFilter, LogBatch
from common.mongo_settings import MongoSettings
from common.record import FIXED, JobLog, from_document, storable, to_document

DUPLICATE_KEY = 11000
TOO_LARGE_FOR_A_DOCUMENT = 15 << 20
"""MongoDB takes documents of 16 MiB; ours stay below, with room for what an update might add."""
KEPT_OF_OUTPUT = 4 << 20
"""So many characters are kept of an output that made its document too large."""
NEWEST_FIRST = [("startTime", pymongo.DESCENDING), ("_id", pymongo.ASCENDING)]
INDEX = [("jobName", pymongo.ASCENDING), *NEWEST_FIRST]
GREATEST = 2**31 - 1

Document = dict[str, Any]


class MongoLogStore:
    """A LogStore on MongoDB. Nothing is connected before the first call; each call has a deadline.

    ConfigError when the settings are no way to reach a MongoDB; nothing of ours shows a password.
    """

    def __init__(self, settings: MongoSettings) -> None:
        self._client = _client(settings)
        database = self._client.get_database(
            settings.database, write_concern=WriteConcern("majority", j=True)
        )
        self._collection = database[settings.collection]

    def write(self, batch: LogBatch) -> None:
        """Return when the records are durable; one already there is left as it is.

        LogStoreRefused names records that MongoDB cannot hold, once the others are durable.
        """
        documents, refused = [], []
        for record in batch.logs:
            try:
                documents.append(_document(record))
            except (InvalidField, BSONError) as error:
                refused.append(f"{record.run_id}: {error}")
        if documents:
            with _translated():
                self._insert(documents)
        if refused:
            raise LogStoreRefused("; ".join(refused))

    def read(self, wanted: JobLogFilter, skip: int, limit: int) -> list[JobLog]:
        """A page of a job's records by start time, newest first; equal times by run id."""
        if limit <= 0:
            return []
        query = {"jobName": storable(wanted.job_name)}
        with _translated():
            found = self._collection.find(query).sort(NEWEST_FIRST)
            page = found.skip(min(max(skip, 0), GREATEST)).limit(min(limit, GREATEST))
            return [_record(document) for document in page]

    def latest(self, names: Sequence[str]) -> dict[str, JobLog]:
        """The newest record of each job that has one, without its output."""
        found = {}
        with _translated():
            for name in names:
                document = self._collection.find_one(
                    {"jobName": storable(name)}, {"output": False}, sort=NEWEST_FIRST
                )
                if document:
                    found[name] = _record(document)
        return found

    def ping(self) -> None:
        """Return when the server answers and has our index; makes it where it is missing."""
        with _translated():
            self._collection.create_index(INDEX, name="newest_first")

    def close(self) -> None:
        """End all connections and pymongo's threads; safe twice."""
        self._client.close()

    def _insert(self, documents: list[Document]) -> None:
        try:
            self._collection.insert_many(documents, ordered=False)
        except errors.BulkWriteError as error:
            details = error.details or {}
            if details.get("writeConcernErrors"):
                raise LogStoreLost("MongoDB did not confirm that records are durable") from error
            others = [
                each for each in details.get("writeErrors", []) if each["code"] != DUPLICATE_KEY
            ]
            if others:
                raise LogStoreRefused("; ".join(map(_why, others))) from error


def _why(write_error: Document) -> str:
    run_id = write_error.get("op", {}).get("_id", "a record")
    return f"{run_id}: {str(write_error.get('errmsg', 'refused'))[:200]}"


def _document(record: JobLog) -> Document:
    """The record as it is stored: run id as `_id`, times as int64, never over the size limit."""
    document: Document = to_document(record)
    for name in FIXED:
        if isinstance(document[name], int):
            document[name] = Int64(document[name])
    if record.run_id:
        document["_id"] = document["runId"]
    if len(document["output"]) > KEPT_OF_OUTPUT // 4 and _size(document) > TOO_LARGE_FOR_A_DOCUMENT:
        document["output"] = document["output"][:KEPT_OF_OUTPUT]
        document["truncated"] = True
    size = _size(document) if len(document["command"]) > KEPT_OF_OUTPUT // 4 else 0
    if size > TOO_LARGE_FOR_A_DOCUMENT:
        raise InvalidField("command", f"the record would have {size} bytes")
    return document


def _size(document: Document) -> int:
    return len(bson.encode(document))


def _record(document: Document) -> JobLog:
    """A record by whoever it was written; the Go worker's has an ObjectId for its run id."""
    return from_document({"runId": str(document.get("_id", "")), **document})


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (errors.PyMongoError, BSONError, ValueError) as error:
        raise _translation(error) from error


def _translation(error: Exception) -> LogStoreError:
    sentence = f"MongoDB: {str(error).split(', Timeout: ')[0][:400]}"
    if isinstance(error, errors.InvalidOperation):
        return LogStoreRefused(sentence)
    if isinstance(error, errors.PyMongoError) and error.timeout:
        return LogStoreLost(sentence)
    if isinstance(error, errors.ConnectionFailure | errors.WTimeoutError):
        return LogStoreLost(sentence)
    if isinstance(error, errors.OperationFailure) and _passes(error):
        return LogStoreLost(sentence)
    return LogStoreRefused(sentence)


def _passes(error: errors.OperationFailure) -> bool:
    """Whether the server itself says that the same call may go through later."""
    labels = ("RetryableWriteError", "TransientTransactionError", "SystemOverloadedError")
    return any(error.has_error_label(label) for label in labels)


def _client(settings: MongoSettings) -> pymongo.MongoClient[Document]:
    options: Document = {
        "appname": "fleetcron",
        "connect": False,
        "connectTimeoutMS": int(settings.connect_timeout_seconds * 1000),
        "serverSelectionTimeoutMS": int(settings.connect_timeout_seconds * 1000),
        "timeoutMS": int(settings.operation_timeout_seconds * 1000),
        "maxPoolSize": 32,
    }
    if settings.user:
        options |= {"username": settings.user, "password": settings.password}
    if settings.ca_file or settings.cert_file:
        options["tls"] = True
    if settings.ca_file:
        options["tlsCAFile"] = str(settings.ca_file)
    if settings.cert_file:
        options["tlsCertificateKeyFile"] = _certificate(settings)
    try:
        return pymongo.MongoClient(settings.uri, **options)
    except (errors.PyMongoError, ValueError, OSError) as error:
        raise ConfigError(f"mongodb_uri: {_without_secret(str(error), settings)}") from error


def _certificate(settings: MongoSettings) -> str:
    """One file with certificate and key, as pymongo wants it; in memory where there are two."""
    if settings.key_file is None:
        return str(settings.cert_file)
    assert settings.cert_file is not None
    try:
        pem = settings.cert_file.read_bytes() + b"\n" + settings.key_file.read_bytes()
    except OSError as error:
        raise ConfigError(f"mongodb_cert_file, mongodb_key_file: {error}") from error
    file = os.memfd_create("fleetcron-mongodb-certificate", os.MFD_CLOEXEC)
    os.write(file, pem)
    return f"/proc/{os.getpid()}/fd/{file}"


def _without_secret(sentence: str, settings: MongoSettings) -> str:
    """The URI may hold a password, and some of pymongo's sentences quote it."""
    head, at, _ = settings.uri.rpartition("@")
    secret = head.rpartition(":")[2] if at else ""
    return sentence.replace(secret, "***") if secret else sentence
