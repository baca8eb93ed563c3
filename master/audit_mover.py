"""Takes the audit's entries from the store, where edits put them, to where they are kept."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from common.audit import AuditEntry, unpack_entry
from common.audit_store import AuditStore
from common.constants import AUDIT_DIR, KEEPER_CROWDED_KEY
from common.errors import LogStoreError, LogStoreRefused
from common.store import Delete, Entry, RevisionIs, Store, Transaction, delete, put

log = logging.getLogger(__name__)

AT_ONCE = 100
"""So many entries are moved in a step; a store takes no more transactions at once."""
MOST_CHARACTERS = 4 << 20
LOOK_SECONDS, PAUSE_SECONDS = 5.0, 0.2
MANY, LARGE = 10_000, 64 << 20
"""Where more entries wait, or more bytes of them, there is a key that says so."""

Found = tuple[Entry, AuditEntry]


class AuditMover:
    """A chore of the keeper. What is written and not yet removed is written again, to no harm."""

    name = "audit"

    def __init__(self, store: Store, audit: AuditStore) -> None:
        self._store = store
        self._audit = audit
        self._waiting: deque[Found] = deque()
        self._left: frozenset[tuple[str, int]] = frozenset()
        self._crowded: bool | None = None

    def step(self) -> float:
        """Move the oldest that wait; the seconds until there may be more."""
        if not self._waiting:
            self._look()
        part = self._part()
        if not part:
            return LOOK_SECONDS
        try:
            taken = self._write(part)
        except LogStoreError:
            self._waiting.clear()  # to look anew, and see how many there are by then
            raise
        gone = [
            Transaction((RevisionIs(entry.key, entry.revision),), (Delete(entry.key),))
            for entry, _ in taken
        ]
        self._store.commit_many(gone)
        for _ in part:
            self._waiting.popleft()
        return PAUSE_SECONDS

    def _look(self) -> None:
        entries = self._store.snapshot(AUDIT_DIR).entries
        there = [entry for entry in entries if (entry.key, entry.revision) not in self._left]
        found = [(entry, unpack_entry(entry)) for entry in there]
        for entry, told in found:
            if told is None:
                self._leave(entry, "it is malformed")
        self._waiting = deque((entry, told) for entry, told in found if told)
        self._tell_crowd(sum(len(entry.value) for entry in entries), len(entries))

    def _tell_crowd(self, size: int, count: int) -> None:
        crowded = count > MANY or size > LARGE
        if crowded == self._crowded:
            return
        if crowded:
            why = f"{count} entries of the audit ({size >> 20} MiB) wait for the log store"
            log.warning("%s; later ones keep only small jobs", why)
            put(self._store, KEEPER_CROWDED_KEY, why.encode())
        else:
            delete(self._store, KEEPER_CROWDED_KEY)
        self._crowded = crowded

    def _part(self) -> list[Found]:
        part: list[Found] = []
        size = 0
        for entry, told in self._waiting:
            size += len(told.before or "") + len(told.after or "")
            if part and (size > MOST_CHARACTERS or len(part) == AT_ONCE):
                break
            part.append((entry, told))
        return part

    def _write(self, part: Sequence[Found]) -> Sequence[Found]:
        """Have them kept; those that are, without those that the log store does not take."""
        try:
            self._audit.write([told for _, told in part])
            return part
        except LogStoreRefused as error:
            return self._write_each(part, error)

    def _write_each(self, part: Sequence[Found], why: LogStoreRefused) -> Sequence[Found]:
        """As `_write`; where none of them is taken, that is no matter of single ones."""
        taken: list[Found] = []
        refused: list[tuple[Entry, str]] = []
        for entry, told in part:
            try:
                self._audit.write([told])
                taken.append((entry, told))
            except LogStoreRefused as error:
                refused.append((entry, str(error)))
        if not taken:
            raise why
        for entry, reason in refused:
            self._leave(entry, reason)
        return taken

    def _leave(self, entry: Entry, why: str) -> None:
        log.error("%s stays where it is: %s", entry.key, why)
        self._left |= {(entry.key, entry.revision)}
