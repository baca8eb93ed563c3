"""The indexes of the collection of run logs, made where they are missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
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
    """Ask for each, also where it is there: so the server tells if we may not write.

    Those that are missing are asked for together, for which it goes through the collection once.
    """
    there = [list(index["key"].items()) for index in collection.list_indexes()]
    missing = {name for name, (fields, _) in INDEXES.items() if fields not in there}
    if missing:
        with pymongo.timeout(INDEX_SECONDS), _under_any_name():
            collection.create_indexes([_model(name) for name in INDEXES if name in missing])
    for name in INDEXES.keys() - missing:
        with _under_any_name():
            collection.create_indexes([_model(name)])


def _model(name: str) -> pymongo.IndexModel:
    fields, options = INDEXES[name]
    return pymongo.IndexModel(fields, name=name, **options)


@contextlib.contextmanager
def _under_any_name() -> Iterator[None]:
    """Take an operator's index of another name for ours."""
    try:
        yield
    except errors.OperationFailure as error:
        if error.code != INDEX_OF_ANOTHER_NAME:
            raise
