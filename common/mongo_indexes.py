"""The indexes of the collection of run logs, made where they are missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pymongo
from pymongo import errors
from pymongo.collection import Collection

from common import search_plan
from common.mongo_errors import INDEX_OF_ANOTHER_NAME, NO_SUCH_INDEX, sentence

log = logging.getLogger(__name__)

Order = list[tuple[str, int]]

NEWEST_FIRST: Order = [("startTime", pymongo.DESCENDING), ("_id", pymongo.ASCENDING)]
BY_PLAN: Order = [("planTime", pymongo.ASCENDING), ("_id", pymongo.ASCENDING)]
BY_END: Order = [("to", pymongo.ASCENDING), ("_id", pymongo.ASCENDING)]


def ascending(field: str) -> tuple[str, int]:
    """A field of an index before those of its order."""
    return (field, pymongo.ASCENDING)


_JOB = ascending("jobName")
INDEX: Order = [_JOB, *NEWEST_FIRST]
INDEXES: Mapping[str, tuple[Order, Mapping[str, Any]]] = {
    **{
        name: ([*map(ascending, fields), *NEWEST_FIRST], {})
        for name, fields in search_plan.INDEXES.items()
    },
    "by_plan": ([_JOB, *BY_PLAN], {}),
    "gaps": ([_JOB, *BY_END], {"partialFilterExpression": {"to": {"$exists": True}}}),
}
"""By name: the fields of each, and its options. Few records are those of a gap."""
INDEX_SECONDS = 600.0
"""How long an index of a collection may take that was filled without it."""


def make_indexes(collection: Collection[dict[str, Any]]) -> None:
    """Ask for each, also where it is there: so the server tells if we may not write.

    Those that are missing are asked for together, for which it goes through the collection once.
    One that cannot be made beside what is there is said, and done without.
    """
    there = [list(index["key"].items()) for index in collection.list_indexes()]
    missing = [name for name, (fields, _) in INDEXES.items() if fields not in there]
    with pymongo.timeout(INDEX_SECONDS):
        try:
            _make(collection, missing)
        except errors.OperationFailure as error:
            if error.code not in NO_SUCH_INDEX:
                raise
            _make_each(collection, missing)
    _make_each(collection, [name for name in INDEXES if name not in missing])


def _make_each(collection: Collection[dict[str, Any]], names: Sequence[str]) -> None:
    """Make those that can be made: an operator's index of another name will do, too."""
    for name in names:
        try:
            _make(collection, [name])
        except errors.OperationFailure as error:
            if error.code not in NO_SUCH_INDEX:
                raise
            if error.code != INDEX_OF_ANOTHER_NAME:
                said = sentence(str(error), error.details)
                log.warning("MongoDB refuses the index %s, some searches are slow: %s", name, said)


def _make(collection: Collection[dict[str, Any]], names: Sequence[str]) -> None:
    if names:
        collection.create_indexes([_model(name) for name in names])


def _model(name: str) -> pymongo.IndexModel:
    fields, options = INDEXES[name]
    return pymongo.IndexModel(fields, name=name, **options)
