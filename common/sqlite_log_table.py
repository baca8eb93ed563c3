"""How the embedded store keeps records: its file, the table, its indexes, and a record as a row."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from common.errors import LogStoreLost, LogStoreRefused
from common.record import FIXED, JobLog, from_document, to_document
from common.search_plan import OUTCOME, TOOK_CLASS, TRIGGER, WORKER
from common.sqlite_file import Kind
from common.took import BOUNDS_MS, NEVER_BEGAN

FILE = Kind(
    application=0x666C744C,
    version=1,
    schema="""
        CREATE TABLE log (
            id INTEGER PRIMARY KEY,
            run_id TEXT NOT NULL UNIQUE,
            jobName TEXT NOT NULL,
            planTime INTEGER NOT NULL,
            scheduleTime INTEGER NOT NULL,
            startTime INTEGER NOT NULL,
            endTime INTEGER NOT NULL,
            more TEXT NOT NULL,
            err TEXT NOT NULL,
            command TEXT NOT NULL,
            output TEXT NOT NULL
        );
        CREATE INDEX log_newest_first ON log (jobName, startTime DESC, run_id);
    """,
    lost=LogStoreLost,
    refused=LogStoreRefused,
    checked=False,
)
COLUMNS = ", ".join(("run_id", "more", *FIXED))
WITHOUT_OUTPUT = COLUMNS.replace("output", "''")
GREATEST = 2**63 - 1
IS_GAP = """instr(more, '"to":') > 0"""

DURATION = "(endTime - startTime)"
BEGAN = (
    f"({DURATION} > 0 OR json_extract(more, '$.exitCode') IS NOT NULL"
    " OR json_extract(more, '$.signal') IS NOT NULL)"
)
"""Whether the command began, as `common.took.took_ms` says it."""
_REACHED = " + ".join(f"({DURATION} >= {bound})" for bound in BOUNDS_MS)
FIELDS = {
    OUTCOME: "json_extract(more, '$.outcome')",
    WORKER: "json_extract(more, '$.worker')",
    TRIGGER: "json_extract(more, '$.trigger')",
    TOOK_CLASS: f"(CASE WHEN {BEGAN} THEN {_REACHED} ELSE {NEVER_BEGAN} END)",
}
"""What stands for a field that is no column: word for word the same in indexes and in queries."""


def dumped(document: dict[str, Any]) -> str:
    """The document as JSON in which SQLite finds fields: it knows no NaN and no infinities."""
    try:
        return json.dumps(document, allow_nan=False)
    except ValueError:
        return json.dumps({name: value for name, value in document.items() if _is_json(value)})


def bounded(number: int) -> int:
    """What SQL takes for a count: it reads a negative limit as none at all."""
    return min(max(number, 0), GREATEST)


def timely(ms: int) -> int:
    """A time as SQL takes it."""
    return min(max(ms, -GREATEST), GREATEST)


def row_of(record: JobLog) -> tuple[Any, ...]:
    """The record as a row; one without a run id gets one."""
    document = to_document(record)
    run_id = document.pop("runId", "") or uuid.uuid4().hex
    fixed = map(document.pop, FIXED)
    return (run_id, dumped(document), *fixed)


def record_of(row: Sequence[Any]) -> JobLog:
    """The record of a row."""
    run_id, more, *fixed = row
    named = dict(zip(FIXED, fixed, strict=True))
    return from_document({**json.loads(more), **named, "runId": run_id})


def without_times(row: Sequence[Any]) -> JobLog:
    """A record that was read without its output, and so without the times of its lines."""
    return replace(record_of(row), line_times="")


def _is_json(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
