"""The audit of a fleet: an AuditStore in a collection of its own beside that of the records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pymongo
from bson.int64 import Int64
from pymongo import errors
from pymongo.collection import Collection

from common.audit import EDITS, AuditEntry, entry_from_document, entry_to_document
from common.audit_store import AuditFilter, bound, paged_entries
from common.errors import LogStoreLost, LogStoreRefused
from common.mongo_errors import (
    INDEX_OF_ANOTHER_NAME,
    NO_SUCH_INDEX,
    NOT_AUTHORIZED,
    is_passing,
    is_there_already,
    sentence,
)
from common.record import storable

log = logging.getLogger(__name__)

_GREATEST = 2**31 - 1
_NEWEST = ("_id", pymongo.DESCENDING)
_INDEXES = {
    "by_job": [("job", pymongo.ASCENDING), ("_id", pymongo.ASCENDING)],
    "by_asker": [("by", pymongo.ASCENDING), ("_id", pymongo.ASCENDING)],
}
"""Walked backwards: with a descending `_id` SecantusDB misses what begins with its bound."""


class MongoAudit:
    """An AuditStore on a collection; `translated` makes pymongo's errors those of the seam.

    Only who writes makes the collection and its indexes: a worker needs no right to it.
    """

    def __init__(
        self,
        collection: Collection[dict[str, Any]],
        translated: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._collection = collection
        self._translated = translated
        self._indexed = False

    def write(self, entries: Sequence[AuditEntry]) -> None:
        """Return when every entry is durable; one that is there already stays as it is."""
        documents = [_document(entry) for entry in entries]
        with self._translated():
            self._index()
            try:
                if documents:
                    self._collection.insert_many(documents, ordered=False)
            except errors.BulkWriteError as error:
                _refuse_others(error)

    def read(self, wanted: AuditFilter, after: str, limit: int) -> list[AuditEntry]:
        """The newest entries by id; with `after` those that follow the one of that id."""
        if limit <= 0:
            return []
        with self._translated():
            found = self._collection.find(_query(wanted, after)).sort([_NEWEST])
            with found.batch_size(min(limit, _GREATEST)) as page:
                return paged_entries(map(_entry, page), limit)

    def one(self, job: str, revision: int) -> AuditEntry | None:
        """The whole entry of the edit that gave a job this revision; None where none is kept."""
        query = _query(AuditFilter(job=job, whats=EDITS), "") | {"revision": Int64(revision)}
        with self._translated():
            found = self._collection.find_one(query, sort=[_NEWEST])
            return _entry(found) if found else None

    def remove(self, before_ms: int, limit: int) -> int:
        """Remove at most so many entries that are older than this; how many there were."""
        older = {"_id": {"$lt": bound(before_ms)}}
        with self._translated():
            found = self._collection.find(older, {"_id": True}).limit(min(limit, _GREATEST))
            oldest = [each["_id"] for each in found]
            if not oldest:
                return 0
            return self._collection.delete_many({"_id": {"$in": oldest}}).deleted_count

    def _index(self) -> None:
        if self._indexed:
            return
        for name, fields in _INDEXES.items():
            try:
                self._collection.create_index(fields, name=name)
            except errors.OperationFailure as error:
                if error.code not in {NOT_AUTHORIZED, *NO_SUCH_INDEX}:
                    raise
                if error.code != INDEX_OF_ANOTHER_NAME:
                    said = sentence(str(error), error.details)
                    log.warning("the audit is searched without the index %s: %s", name, said)
        self._indexed = True


def _document(entry: AuditEntry) -> dict[str, Any]:
    document = entry_to_document(entry)
    for name, value in document.items():
        if isinstance(value, str):
            document[name] = storable(value)
        elif isinstance(value, list):
            document[name] = [storable(each) for each in value]
        elif isinstance(value, int) and not isinstance(value, bool):
            document[name] = Int64(value)
    return {"_id": storable(entry.identity), **document}


def _entry(document: Mapping[str, Any]) -> AuditEntry | None:
    return entry_from_document(document, str(document.get("_id", "")))


def _query(wanted: AuditFilter, after: str) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for name, value in (("job", wanted.job), ("by", wanted.by)):
        if value:
            query[name] = storable(value)
    if wanted.whats:
        query["what"] = {"$in": [storable(what) for what in wanted.whats]}
    before = [storable(after)] if after else []
    before += [bound(wanted.until_ms)] if wanted.until_ms is not None else []
    identity = {"$lt": min(before)} if before else {}
    identity |= {"$gte": bound(wanted.since_ms)} if wanted.since_ms is not None else {}
    return query | ({"_id": identity} if identity else {})


def _refuse_others(error: errors.BulkWriteError) -> None:
    """Return where nothing was refused but what is there already."""
    unconfirmed = error.details.get("writeConcernErrors", [])
    others = [each for each in error.details["writeErrors"] if not is_there_already(each)]
    for each in [*unconfirmed, *others]:
        raised = LogStoreLost if is_passing(each.get("code")) else LogStoreRefused
        raise raised(f"the audit is not taken: {each.get('errmsg')}")
