"""How records get into MongoDB: inserted in one request, merged where one is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pymongo
from bson.raw_bson import RawBSONDocument
from pymongo import errors
from pymongo.collection import Collection

from common.errors import LogStoreLost, LogStoreRefused
from common.mongo_errors import is_about_documents, is_passing, is_there_already, passes, sentence
from common.mongo_merge import FROM_THE_KEY, Update, marking, replacing

Document = dict[str, Any]


class MongoWriter:
    """Writes to one collection, with its write concern.

    pymongo's errors pass through where they are about no single record.
    """

    def __init__(self, collection: Collection[Document], address: str) -> None:
        """`address` names the server in what is raised."""
        self._collection = collection
        self._address = address

    def insert(self, documents: list[RawBSONDocument]) -> list[str]:
        """Insert what can be; which run ids were refused, and why."""
        try:
            self._collection.insert_many(documents, ordered=False)
        except errors.BulkWriteError as error:
            return self._refused(error, documents)
        except errors.OperationFailure as error:
            if passes(error) or not is_about_documents(error.code):
                raise
            if len(documents) == 1:
                return [f"{documents[0]['_id']}: {sentence(str(error), error.details)}"]
            half = len(documents) // 2
            return self.insert(documents[:half]) + self.insert(documents[half:])
        return []

    def _refused(
        self, error: errors.BulkWriteError, documents: Sequence[RawBSONDocument]
    ) -> list[str]:
        """Merge those that are there by now: a record that is there may collide elsewhere too."""
        others = self._about_documents(error)
        refused = {documents[e["index"]]["_id"]: e.get("errmsg") for e in others}
        for known in self._known({"_id": {"$in": list(refused)}} if refused else {}):
            del refused[known]
        came = [documents[each["index"]] for each in error.details["writeErrors"]]
        named = [f"{identity}: {text}" for identity, text in refused.items()]
        return named + self._merge([each for each in came if each["_id"] not in refused])

    def _about_documents(self, error: errors.BulkWriteError) -> list[Document]:
        """The errors that are a document's own; raised is what says that nothing is sure yet."""
        unconfirmed = error.details.get("writeConcernErrors", [])
        others = [e for e in error.details["writeErrors"] if not is_there_already(e)]
        passing = [each for each in [*unconfirmed, *others] if is_passing(each.get("code"))]
        for each in passing or unconfirmed:
            raised = LogStoreLost if passing else LogStoreRefused
            raise raised(f"MongoDB at {self._address} confirms nothing: {each.get('errmsg')}")
        return others

    def _merge(self, came: Sequence[RawBSONDocument]) -> list[str]:
        """Merge what came for run ids that are there; which were refused, and why."""
        updates = self._updates(came)
        try:
            if updates:
                made = [pymongo.UpdateOne(*update) for update in updates]
                self._collection.bulk_write(made, ordered=False)
        except errors.BulkWriteError as error:
            others = self._about_documents(error)
            return [f"{updates[e['index']][0]['_id']}: {e.get('errmsg')}" for e in others]
        return []

    def _updates(self, came: Sequence[RawBSONDocument]) -> list[Update]:
        """Few, if any: a batch that is written twice sends its outputs no third time."""
        words = {each["_id"]: each for each in came if each.get("worker")}
        query = {"_id": {"$in": list(words)}, **FROM_THE_KEY} if words else {}
        replaced = [replacing(words[known]) for known in self._known(query)]
        return [*replaced, *(marking(each) for each in came if each.get("lost"))]

    def _known(self, query: Document) -> list[object]:
        """The ids of the documents that are meant; none are by {}."""
        found = self._collection.find(query, {"_id": True}) if query else ()
        return [each["_id"] for each in found]
