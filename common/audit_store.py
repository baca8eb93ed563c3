"""The seam to where the audit is kept: a part of the store of run logs, beside the records.

Two implementations pass one contract suite: MongoDB (collection `audit` beside that of the
records) and SQLite. An entry's id begins with its time, so ids sort by it. Errors are those of the
store of run logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from common.audit import AuditEntry

PAGE_CHARACTERS = 4 << 20
"""So much of jobs a page carries at most, or its first entry's, if that alone is more."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are asked for; what says nothing leaves none out.

    Of one `job`, asked for `by` somebody, of these kinds (`whats`), from `since_ms` on, and before
    `until_ms`.
    """

    job: str = ""
    by: str = ""
    whats: tuple[str, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None

    def takes(self, entry: AuditEntry) -> bool:
        """Whether an entry is asked for."""
        return (
            self.job in ("", entry.job)
            and self.by in ("", entry.by)
            and (not self.whats or entry.what in self.whats)
            and (self.since_ms is None or entry.at >= self.since_ms)
            and (self.until_ms is None or entry.at < self.until_ms)
        )


class AuditStore(Protocol):
    """The audit itself. Safe to be used by many threads at once."""

    def write(self, entries: Sequence[AuditEntry]) -> None:
        """Return when every entry is durable; one that is there already stays as it is."""

    def read(self, wanted: AuditFilter, after: str, limit: int) -> list[AuditEntry]:
        """The newest entries by id; with `after` those that follow the one of that id.

        What is malformed is passed over, so that there are fewer than `limit` only at the end. Only
        the first jobs are whole, up to `PAGE_CHARACTERS` together; see `paged_entries`.
        """

    def one(self, job: str, revision: int) -> AuditEntry | None:
        """The whole entry of the edit that gave a job this revision; None where none is kept."""

    def remove(self, before_ms: int, limit: int) -> int:
        """Remove at most so many entries that are older than this; how many there were."""


def paged_entries(found: Iterable[AuditEntry | None], limit: int) -> list[AuditEntry]:
    """The first entries as they come in; None is of no account, and nothing is read beyond them.

    The jobs that a page has no room for are left out of them.
    """
    page: list[AuditEntry] = []
    room = PAGE_CHARACTERS
    for entry in islice(filter(None, found), limit):
        size = len(entry.before or "") + len(entry.after or "")
        if page and size > max(room, 0):
            page.append(replace(entry, before=None, after=None, left_out=True))
        else:
            page.append(entry)
            room -= size
    return page


def bound(at_ms: int) -> str:
    """What the ids of entries since this time are not less than, and those before it less."""
    return f"{min(max(at_ms, 0), 10**13 - 1):013d}"
