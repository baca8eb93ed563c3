"""The indexes of the collection of run logs, made where they are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import pymongo
from pymongo import errors
from pymongo.collection import Collection

from common import search_plan
from common.mongo_errors import INDEX_OF_ANOTHER_NAME

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
    """Ask for each, also where it is there: so the server tells if we may not write."""
    there = [list(index["key"].items()) for index in collection.list_indexes()]
    for name, (fields, options) in INDEXES.items():
        known = fields in there
        with contextlib.nullcontext() if known else pymongo.timeout(INDEX_SECONDS):
            _make(collection, name, fields, options)


def _make(
    collection: Collection[dict[str, Any]], name: str, fields: Order, options: Mapping[str, Any]
) -> None:
    try:
        collection.create_index(fields, name=name, **options)
    except errors.OperationFailure as error:
        if error.code != INDEX_OF_ANOTHER_NAME:
            raise
