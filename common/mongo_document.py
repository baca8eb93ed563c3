"""How much MongoDB takes: of one document, and in one request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence, Sized
from typing import Protocol, TypeVar

from common.errors import InvalidField
from common.record import JobLog

GREATEST_DOCUMENT = (16 << 20) - 4096
"""MongoDB takes no document over 16 MiB; the rest is room for a mark, and for an update's words."""
GREATEST_PART = 8 << 20
"""Bytes that are sent in one request (or one document), so that each ends within its deadline."""
_ROOM_FOR_THE_CUT = 100


class Encoded(Protocol):
    """A document as it is sent."""

    @property
    def raw(self) -> Sized:
        """Its bytes."""


Document = TypeVar("Document", bound=Encoded)


def fitting(record: JobLog, encode: Callable[[JobLog], Document]) -> Document:
    """The record encoded, its output cut in the middle if it is too large with all of it.

    InvalidField when it still does not fit.
    """
    document = encode(record)
    over = len(document.raw) - GREATEST_DOCUMENT
    if over > 0:
        document = encode(_shortened(record, over + _ROOM_FOR_THE_CUT))
    if len(document.raw) > GREATEST_DOCUMENT:
        size = len(document.raw)
        raise InvalidField("command", f"without its output the record still has {size} bytes")
    return document


def parts(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """The documents in their order, cut into requests."""
    part: list[Document] = []
    size = 0
    for document in documents:
        size += len(document.raw)
        if part and size > GREATEST_PART:
            yield part
            part, size = [], len(document.raw)
        part.append(document)
    if part:
        yield part


def _shortened(record: JobLog, bytes_over: int) -> JobLog:
    """The record with at least so many bytes less of output, if it has them."""
    output = record.output.encode("utf-8", "backslashreplace")
    kept = max(0, len(output) - bytes_over) // 2
    head, tail = output[:kept], output[len(output) - kept :]
    left_out = f"\n... {len(output) - 2 * kept} bytes left out ...\n"
    text = head.decode(errors="ignore") + left_out + tail.decode(errors="ignore")
    return dataclasses.replace(record, output=text, truncated=True, line_times="")
