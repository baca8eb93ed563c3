"""Records as a file: JSON lines or CSV (RFC 4180), made page by page while it is sent."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from common.log_store import LogStore
from common.record import NAMES, JobLog
from common.search import Position, Search
from master.records import record_document
from master.request import Reply, Sink
from master.searching import Matches

log = logging.getLogger(__name__)

PAGE = 500
_LATE = ("output", "line_times")
_FIELDS = [
    *(each.name for each in fields(JobLog) if each.name not in (*_LATE, "shortened")),
    *reversed(_LATE),
]
COLUMNS = [NAMES.get(name, name) for name in _FIELDS]
"""The columns of CSV: the fields of a record, the output last."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula when a cell begins with it."""
Written = Callable[[list[JobLog]], bytes]


def exported(
    logs: LogStore, wanted: Search, matches: Matches | None, kind: str, raw: bool
) -> Reply:
    """A reply that sends all records that are meant, newest first, with their outputs.

    Of these only whose output `matches`, where that is given. The first page is read at once, so
    that a search that cannot be made is refused in a sentence. `raw` CSV leaves cells that a
    spreadsheet would take for formulas as they are.
    """
    pages = _pages(logs, wanted, matches)
    first = next(pages, [])
    written = json_lines if kind == "jsonl" else lambda page: csv_lines(page, raw)

    def send(sink: Sink) -> None:
        try:
            write(sink)
        except OSError as error:
            log.info(
                "an export ends early: its client is gone, or took nothing for long: %s", error
            )
            raise

    def write(sink: Sink) -> None:
        if kind == "csv":
            sink.write(_csv([COLUMNS]))
        sink.write(written(first))
        for page in pages:
            if sink.is_gone:
                raise ConnectionAbortedError("the client went away")
            sink.write(written(page))

    content = "application/jsonl" if kind == "jsonl" else "text/csv; header=present"
    name = (("Content-Disposition", f'attachment; filename="records.{kind}"'),)
    return Reply(200, b"", f"{content}; charset=utf-8", name, stream=send, patient=True)


def json_lines(page: list[JobLog]) -> bytes:
    """The records, a JSON object on each line."""
    lines = (json.dumps(record_document(record), ensure_ascii=False) for record in page)
    return "".join(f"{line}\n" for line in lines).encode()


def csv_lines(page: list[JobLog], raw: bool) -> bytes:
    """The records as rows of CSV."""
    cell = _plain if raw else _guarded
    return _csv([[cell(getattr(record, name)) for name in _FIELDS] for record in page])


def _pages(logs: LogStore, wanted: Search, matches: Matches | None) -> Iterator[list[JobLog]]:
    after: Position | None = None
    while True:
        found = logs.search(wanted, after, PAGE, outputs=True)
        yield [each for each in found.records if matches is None or matches(each.output)]
        if found.next is None:
            return
        after = found.next


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _plain(value: object) -> str:
    """A cell: nothing for what is not known, true and false as in JSON."""
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, bool | float) else str(value)


def _guarded(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = _plain(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
