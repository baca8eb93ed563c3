"""A record as a document of MongoDB's, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bson
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument

from common.record import FIXED, JobLog, from_document, to_document
from common.search_plan import TOOK, TOOK_CLASS
from common.took import NEVER_BEGAN, took_class, took_ms

WITHOUT_OUTPUT = {"output": False, "lineTimes": False}


def encoded(record: JobLog) -> RawBSONDocument:
    """The record in bytes, with its run id (or a new ObjectId) as `_id`.

    Beside its own fields it has how long it took (-1: it never began), and the class of that, for
    the index.
    """
    document = to_document(record)
    for name in FIXED:
        if isinstance(document[name], int):
            document[name] = Int64(document[name])
    identity = document.get("runId") or ObjectId()
    took = took_ms(record)
    lasted = {TOOK: NEVER_BEGAN if took is None else took, TOOK_CLASS: took_class(took)}
    return RawBSONDocument(bson.encode({"_id": identity, **document, **lasted}))


def decoded(document: Mapping[str, Any]) -> JobLog:
    """A record by whoever it was written; its run id is what MongoDB calls it."""
    return from_document({**document, "runId": str(document.get("_id", ""))})
