"""The whole audit, newest first: what the log store keeps, and what still waits for it."""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from common.audit import EDITS, AuditEntry, unpack_entry
from common.audit_store import AuditFilter, AuditStore, paged_entries
from common.errors import LogStoreError
from common.store import Store
from master.audit_outbox import waiting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries; `problem` says why older ones may be missing ("": none are)."""

    entries: list[AuditEntry]
    problem: str = ""


class AuditList:
    """Reads both places; the one that entries leave is read first, so that none is missed."""

    def __init__(self, store: Store, audit: AuditStore) -> None:
        self._store = store
        self._audit = audit

    def page(self, wanted: AuditFilter, after: str, limit: int) -> AuditPage:
        """The newest entries by id; with `after` those that follow the one of that id.

        While the log store is away, those that wait are told all the same.
        """
        meant = (each for each in self._waiting() if wanted.takes(each))
        later = deque((each for each in meant if not after or each.identity < after), limit)
        kept, problem = [], ""
        try:
            kept = self._audit.read(wanted, after, limit)
        except LogStoreError as error:
            problem = f"older entries may be missing: {error}"
            log.warning("the audit cannot be read: %s", error)
        return AuditPage(paged_entries(_newest(kept, reversed(later)), limit), problem)

    def one(self, job: str, revision: int) -> AuditEntry | None:
        """The whole entry of the edit that gave a job this revision; None where none is known.

        LogStoreError where that cannot be told.
        """
        for entry in self._waiting():
            if (entry.job, entry.revision) == (job, revision) and entry.what in EDITS:
                return entry
        return self._audit.one(job, revision)

    def _waiting(self) -> Iterator[AuditEntry]:
        """Oldest first."""
        return (told for entry in waiting(self._store) if (told := unpack_entry(entry)))


def _newest(kept: Iterable[AuditEntry], waiting: Iterable[AuditEntry]) -> list[AuditEntry]:
    """Both in one row, each entry once."""
    merged = heapq.merge(kept, waiting, key=lambda each: each.identity, reverse=True)
    return list({each.identity: each for each in merged}.values())
