"""What is put down of an edit for the audit: a put that belongs into the edit's own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from common import keys
from common.audit import MOST_BYTES, RESTORED, AuditEntry, pack_entry
from common.changes import CHANGED, DELETED, JobChange
from common.constants import KEEPER_CROWDED_KEY, MAX_VALUE_BYTES
from common.store import Put, Store
from master.change_log import Asker
from master.standing import Standing

_ROOM = MAX_VALUE_BYTES - 50_000
"""Bytes of values in one transaction; the rest of what etcd takes is for its keys and compares."""
CROWDED_BYTES = 4096
"""So large an entry may be while very many wait: what is kept of jobs is to fill no store."""


def room_of(store: Store) -> int:
    """How large an entry may be now."""
    return CROWDED_BYTES if store.get(KEEPER_CROWDED_KEY) else MOST_BYTES


def audited(entry: AuditEntry, others: Iterable[Put] = (), most: int = MOST_BYTES) -> Put:
    """The put of an entry of at most so many bytes, and no larger than what `others` of its
    transaction leave it room for.
    """
    room = _ROOM - sum(len(put.value) for put in others)
    value = pack_entry(entry, min(most, room))
    return Put(keys.audit(entry.at, secrets.token_hex(4)), value)


def edit_entry(
    standing: Standing, after: bytes | None, change: JobChange | None, asked: Asker
) -> AuditEntry:
    """The entry of an edit: of what stands to `after`, the job's new value (None: deleted).

    `change` is what is told of it elsewhere, None where the edit changes nothing.
    """
    there, reason = standing.entry, change.reason if change else ""
    what = change.what if change else CHANGED if after else DELETED
    if there and not standing.job and after:
        what = CHANGED
    return AuditEntry(
        at=asked.at,
        what=RESTORED if asked.restores else what,
        by=asked.by,
        peer=asked.peer,
        job=standing.name,
        reason=asked.restores or reason,
        fields=change.fields if change else (),
        base=there.revision if there else 0,
        before=_text(there.value) if there else None,
        after=None if after is None else _text(after),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
