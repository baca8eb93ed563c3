"""A job's revisions: what the audit knows of each edit, and what was changed without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from common import keys
from common.audit import EDITS, AuditEntry
from common.audit_store import AuditFilter
from common.changes import DELETED
from common.errors import FleetcronError
from common.job import check_name
from common.store import Entry, Store
from master.audit_list import AuditList
from master.refusals import NoSuchJob

UNKNOWN = "unknown"
"""What the audit has no entry of: done by the Go master, by hand, or before there was an audit."""
MOST_LOOKED_AT, AT_ONCE = 1000, 100


class NoSuchRevision(FleetcronError):
    """Nothing is kept of this revision of the job; the text says so, or why."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a job: `text` is its JSON, None where the job was deleted by it.

    `entry` is the audit's, None for a change that it does not know.
    """

    number: int
    text: str | None
    entry: AuditEntry | None


class Revisions:
    """Reads them out of the audit, and the current one out of the store."""

    def __init__(self, store: Store, audit: AuditList) -> None:
        self._store = store
        self._audit = audit

    def page(self, name: str, after: str, limit: int) -> dict[str, Any]:
        """The newest edits of a job, and the changes that show between them and are not known.

        `after` is the `next` of a page before. NoSuchJob where nothing is known of the name.
        """
        wanted = AuditFilter(job=name, whats=EDITS)
        page = self._audit.page(wanted, after, limit + 1)
        entries, more = page.entries[:limit], page.entries[limit:]
        current = self._current(name)
        if not entries and not after and current is None and not page.problem:
            check_name(name)
            raise NoSuchJob(name)
        # Masters' clocks differ a little, and the audit goes by these.
        ordered = sorted(page.entries, key=lambda each: each.revision, reverse=True)
        rows = [] if after else list(_newest(current, ordered))
        for entry, older in pairwise([*ordered, None]):
            if entry in entries and entry is not None:
                rows += _rows(entry, older, bool(page.problem))
        standing = current.revision if current else 0
        for row in rows:
            row["current"] = bool(standing) and row["revision"] == standing
        following = entries[-1].identity if more else None
        return {"revisions": rows, "next": following, "problem": page.problem}

    def one(self, name: str, number: int) -> Revision:
        """A version of a job; NoSuchRevision where it is not kept."""
        entry = self._audit.one(name, number)
        if entry is not None and (entry.after is not None or entry.what == DELETED):
            return Revision(number, entry.after, entry)
        current = self._current(name)
        if current is not None and current.revision == number:
            return Revision(number, _text(current), entry)
        text = self._text_before(name, number)
        if text is not None:
            return Revision(number, text, entry)
        why = "it was too large to be kept" if entry else "nothing is kept of it"
        raise NoSuchRevision(f"no revision {number} of the job {name[:140]!r}: {why}")

    def _current(self, name: str) -> Entry | None:
        return self._store.get(keys.job(name))

    def _text_before(self, name: str, number: int) -> str | None:
        """The version of a change that is not known, as the next edit of ours has found it."""
        for entry in self._edits(name):
            if entry.base == number:
                whole = self._audit.one(name, entry.revision)
                return whole.before if whole else None
        return None

    def _edits(self, name: str) -> Iterator[AuditEntry]:
        wanted, after = AuditFilter(job=name, whats=EDITS), ""
        for _ in range(0, MOST_LOOKED_AT, AT_ONCE):
            entries = self._audit.page(wanted, after, AT_ONCE).entries
            yield from entries
            if len(entries) < AT_ONCE:
                return
            after = entries[-1].identity


def _newest(current: Entry | None, entries: list[AuditEntry]) -> Iterator[dict[str, Any]]:
    """What happened to the job since the newest edit of ours, if that shows."""
    newest = entries[0] if entries else None
    if current is not None and (newest is None or newest.revision != current.revision):
        yield {"revision": current.revision, "what": UNKNOWN}
    elif current is None and newest is not None and newest.what != DELETED:
        yield {"revision": None, "what": UNKNOWN}


def _rows(entry: AuditEntry, older: AuditEntry | None, unsure: bool) -> Iterator[dict[str, Any]]:
    """An edit, and the change before it that is not known, if there was one."""
    yield {
        "revision": entry.revision,
        "what": entry.what,
        "at": entry.at,
        "by": entry.by,
        "from": entry.peer,
        "fields": list(entry.fields),
        "reason": entry.reason,
    }
    was = older.revision if older is not None and older.what != DELETED else 0
    if entry.base and entry.base != was and not unsure:
        yield {"revision": entry.base, "what": UNKNOWN}


def _text(entry: Entry) -> str:
    return entry.value.decode("utf-8", "backslashreplace")
