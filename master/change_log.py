"""What is put down of an edit: who changed a job, when, and how, in the edit's own transaction."""

from __future__ import annotations

from dataclasses import dataclass

from common import keys
from common.changes import (
    CHANGED,
    CREATED,
    DELETED,
    PAUSED,
    RESUMED,
    JobChange,
    pack_changes,
    unpack_changes,
)
from common.job import Job, job_to_document
from common.store import Put, Store


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked for an edit, from which address ("": not known), and when (epoch ms).

    `restores` says of what the edit is a restoration ("": of nothing).
    """

    by: str
    at: int
    peer: str = ""
    restores: str = ""


NOBODY = Asker("", 0)


def change_of(before: Job | None, after: Job | None, asked: Asker) -> JobChange | None:
    """How a job was changed; None where it was not, or was not there."""
    said = after or before
    if said is None or before == after:
        return None
    return JobChange(
        at=asked.at,
        by=asked.by,
        what=_kind(before, after, asked.at),
        cron_expr=said.cron_expr,
        timezone=said.timezone,
        rests_until=said.rests_until,
        reason=said.pause_reason,
        fields=_fields(before, after) if before and after else (),
    )


def logged(store: Store, name: str, change: JobChange | None, lease: int = 0) -> tuple[Put, ...]:
    """The put that adds a change to those of its job; `lease` is that of a deleted job's.

    It belongs into a transaction that compares the job's revision as it was read before this
    reads: whoever adds another change meanwhile changes the job, too.
    """
    if change is None:
        return ()
    entry = store.get(keys.changes(name))
    known = unpack_changes(entry.value) if entry else ()
    return (Put(keys.changes(name), pack_changes((*known, change)), lease),)


def _kind(before: Job | None, after: Job | None, now_ms: int) -> str:
    if after is None:
        return DELETED
    if before is None:
        return CREATED
    if before.rests_until == after.rests_until:
        return CHANGED
    if after.rests_until > now_ms:
        return PAUSED
    return RESUMED if before.rests_until > now_ms else CHANGED


def _fields(before: Job, after: Job) -> tuple[str, ...]:
    """The JSON names of the fields in which two versions differ."""
    was, now = job_to_document(before), job_to_document(after)
    return tuple(sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name)))
