"""A run's record as MongoDB holds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import bson
from bson.errors import BSONError
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument

from common.errors import InvalidField
from common.record import FIXED, JobLog, from_document, to_document

GREATEST_DOCUMENT = 16 << 20
"""MongoDB takes no document with more bytes."""
GREATEST_PART = 8 << 20
"""Bytes that are sent in one request (or one document), so that each ends within its deadline."""
_ROOM_FOR_THE_CUT = 100


def encoded(record: JobLog) -> RawBSONDocument:
    """The record in bytes, with its run id (or a new ObjectId) as `_id`.

    An output that makes it too large is cut in its middle. InvalidField when it still does not fit.
    """
    whole = _encode(record)
    over = len(whole) - GREATEST_DOCUMENT
    if over > 0:
        whole = _encode(_shortened(record, over + _ROOM_FOR_THE_CUT))
    if len(whole) > GREATEST_DOCUMENT:
        raise InvalidField("command", f"without its output the record still has {len(whole)} bytes")
    return RawBSONDocument(whole)


def decoded(document: Mapping[str, Any]) -> JobLog:
    """A record by whoever it was written; its run id is what MongoDB calls it."""
    return from_document({**document, "runId": str(document.get("_id", ""))})


def parts(documents: Sequence[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    """The documents in their order, cut into requests."""
    part: list[RawBSONDocument] = []
    size = 0
    for document in documents:
        size += len(document.raw)
        if part and size > GREATEST_PART:
            yield part
            part, size = [], len(document.raw)
        part.append(document)
    if part:
        yield part


def _encode(record: JobLog) -> bytes:
    document = to_document(record)
    for name in FIXED:
        if isinstance(document[name], int):
            document[name] = Int64(document[name])
    identity = document.get("runId") or ObjectId()
    try:
        return bson.encode({"_id": identity, **document})
    except BSONError as error:
        raise InvalidField("record", str(error)) from error


def _shortened(record: JobLog, bytes_over: int) -> JobLog:
    """The record with at least so many bytes less of output, if it has them."""
    output = record.output.encode("utf-8", "backslashreplace")
    kept = max(0, len(output) - bytes_over) // 2
    head, tail = output[:kept], output[len(output) - kept :]
    left_out = f"\n... {len(output) - 2 * kept} bytes left out ...\n"
    text = head.decode(errors="ignore") + left_out + tail.decode(errors="ignore")
    return dataclasses.replace(record, output=text, truncated=True)
