"""Who did what: an entry of the audit, as it waits in the store and as it is told.

It is put in the transaction of what it tells, under a key whose name begins with the time. So both
happen or none, and where it tells of a job's edit its revision is that which the job got.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from common.changes import CHANGED, CREATED, DELETED, PAUSED, RESUMED
from common.constants import AUDIT_DIR
from common.errors import InvalidField
from common.store import Entry
from common.strict_json import parse_object
from common.watermark import LATEST_MS

RESTORED, KILLED, RUN = "restored", "killed", "run"
DRAINED, UNDRAINED, FORGOT = "drained", "undrained", "forgot"
EDITS = (CREATED, CHANGED, PAUSED, RESUMED, DELETED, RESTORED)
"""What is done to a job's definition: each of these is a revision of it."""
WHATS = (*EDITS, KILLED, RUN, DRAINED, UNDRAINED, FORGOT)

MOST_BYTES = 300 << 10
"""An entry that is larger when it is packed leaves out the job before, then also the job after."""
_MOST_UNPACKED = 16 << 20
_IDENTITY = re.compile(r"[0-9]{13}-[0-9a-f]{8}", re.ASCII)
_TEXTS = ("what", "by", "from", "job", "runId", "worker", "reason")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was asked for and done.

    `at` is the master's epoch ms, `what` one of `WHATS`; `by` is who asked and `peer` from which
    address ("": not known). `fields` are the JSON names of what was changed. `before` and `after`
    are the job's JSON text, None where there was none or it is not kept (`left_out` says that);
    `base` is the revision of `before`, `revision` that of the entry, and both are 0 for none.
    """

    at: int
    what: str
    by: str = ""
    peer: str = ""
    job: str = ""
    run_id: str = ""
    worker: str = ""
    reason: str = ""
    fields: tuple[str, ...] = ()
    base: int = 0
    before: str | None = None
    after: str | None = None
    left_out: bool = False
    identity: str = ""
    revision: int = 0


def entry_to_document(entry: AuditEntry) -> dict[str, Any]:
    """The entry under its JSON names, without its identity; what says nothing is left out."""
    document: dict[str, Any] = {
        "at": entry.at,
        "what": entry.what,
        "by": entry.by,
        "from": entry.peer,
        "job": entry.job,
        "runId": entry.run_id,
        "worker": entry.worker,
        "reason": entry.reason,
        "fields": list(entry.fields),
        "base": entry.base,
        "before": entry.before,
        "after": entry.after,
        "leftOut": entry.left_out,
        "revision": entry.revision,
    }
    return {name: value for name, value in document.items() if value not in (None, "", 0, [])}


def entry_from_document(document: Mapping[str, Any], identity: str) -> AuditEntry | None:
    """What a document says; None where it or its identity is malformed."""
    at, fields = document.get("at"), document.get("fields", [])
    texts = [document.get(name, "") for name in _TEXTS]
    if not _is_number(at, LATEST_MS) or not all(isinstance(text, str) for text in texts):
        return None
    if not texts[0] or not isinstance(fields, list) or not is_identity(identity):
        return None
    what, by, peer, job, run_id, worker, reason = texts
    return AuditEntry(
        at=document["at"],
        what=what,
        by=by,
        peer=peer,
        job=job,
        run_id=run_id,
        worker=worker,
        reason=reason,
        fields=tuple(field for field in fields if isinstance(field, str)),
        base=_number(document.get("base")),
        before=_text(document.get("before")),
        after=_text(document.get("after")),
        left_out=document.get("leftOut") is True,
        identity=identity,
        revision=_number(document.get("revision")),
    )


def is_identity(text: str) -> bool:
    """Whether an entry may be called so: by its time, and by chance."""
    return _IDENTITY.fullmatch(text) is not None


def pack_entry(entry: AuditEntry, room: int = MOST_BYTES) -> bytes:
    """The bytes to store: at most `room` of them, as far as leaving out the jobs can do it."""
    packed = _packed(entry)
    for smaller in (
        replace(entry, before=None, left_out=True),
        replace(entry, before=None, after=None, left_out=True),
    ):
        if len(packed) <= room:
            break
        packed = _packed(smaller)
    return packed


def unpack_entry(entry: Entry) -> AuditEntry | None:
    """What lies under a key of the audit, and the revision at which it was put; None: malformed."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(entry.value, _MOST_UNPACKED)
        document = parse_object(text, "audit")
    except (zlib.error, InvalidField):
        return None
    found = entry_from_document(document, entry.key.removeprefix(AUDIT_DIR))
    return replace(found, revision=entry.revision) if found else None


def _packed(entry: AuditEntry) -> bytes:
    return zlib.compress(json.dumps(entry_to_document(entry)).encode())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and _is_number(value, 2**63 - 1) else 0


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
