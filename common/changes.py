"""Who changed a job of late, and how: what lies under its key in /cron/changes/, oldest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.errors import InvalidField
from common.strict_json import parse_json
from common.watermark import LATEST_MS

CREATED, CHANGED, PAUSED, RESUMED, DELETED = "created", "changed", "paused", "resumed", "deleted"
KINDS = (CREATED, CHANGED, PAUSED, RESUMED, DELETED)
KEPT = 20
"""So many changes of a job are kept, the latest."""


@dataclass(frozen=True, slots=True)
class JobChange:
    """One change of a job by a master, and what the job has been since.

    `at` is the master's epoch ms, `by` who asked ("": not known), `what` one of `KINDS`.
    `rests_until` is `Job.rests_until`: 0 where the job is not paused, `LATEST_MS` without an end;
    `reason` is that of the pause. `fields` are the JSON names of what was changed. A deleted job's
    schedule is the one that it had.
    """

    at: int
    by: str
    what: str
    cron_expr: str
    timezone: str | None = None
    rests_until: int = 0
    reason: str = ""
    fields: tuple[str, ...] = ()


def pack_changes(changes: Sequence[JobChange]) -> bytes:
    """The JSON to store: of the latest changes, at most `KEPT`."""
    return json.dumps([_document(each) for each in changes[-KEPT:]]).encode()


def unpack_changes(value: bytes) -> tuple[JobChange, ...]:
    """What the bytes say, oldest first; what was not written by `pack_changes` is left out."""
    try:
        documents = parse_json(value, "changes")
    except InvalidField:
        return ()
    found = map(_change, documents) if isinstance(documents, list) else ()
    return tuple(change for change in found if change)


def _document(change: JobChange) -> dict[str, Any]:
    return {
        "at": change.at,
        "by": change.by,
        "what": change.what,
        "cronExpr": change.cron_expr,
        "timezone": change.timezone,
        "pausedUntil": change.rests_until or None,
        "reason": change.reason,
        "fields": list(change.fields),
    }


def _change(document: object) -> JobChange | None:
    """None for what is malformed."""
    if not isinstance(document, dict):
        return None
    texts = [document.get(name) for name in ("by", "what", "cronExpr", "reason")]
    at, fields = document.get("at"), document.get("fields")
    if not _is_instant(at) or not _are_texts(texts) or not isinstance(fields, list):
        return None
    return _typed(document) if texts[1] in KINDS and _are_texts(fields) else None


def _typed(document: Mapping[str, Any]) -> JobChange | None:
    zone, until = document.get("timezone"), document.get("pausedUntil") or 0
    if not isinstance(zone, str | None) or not _is_instant(until):
        return None
    return JobChange(
        at=document["at"],
        by=document["by"],
        what=document["what"],
        cron_expr=document["cronExpr"],
        timezone=zone,
        rests_until=until,
        reason=document["reason"],
        fields=tuple(document["fields"]),
    )


def _is_instant(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST_MS


def _are_texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)
