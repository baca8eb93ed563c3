"""Takes the audit's entries from the store, where edits put them, to where they are kept."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence

from common.audit import AuditEntry, unpack_entry
from common.audit_store import AuditStore
from common.constants import KEEPER_CROWDED_KEY
from common.errors import LogStoreError, LogStoreRefused
from common.store import Delete, Entry, RevisionIs, Store, Transaction, delete, put
from master.audit_outbox import pages

log = logging.getLogger(__name__)

AT_ONCE = 100
"""So many entries are moved in a step; a store takes no more transactions at once."""
MOST_CHARACTERS = 4 << 20
LOOK_SECONDS, PAUSE_SECONDS = 20.0, 0.2
"""Those that wait are listed like all others, so that nobody waits for them to be moved."""
MANY, LARGE = 10_000, 64 << 20
"""Where more entries wait, or more bytes of them, there is a key that says so."""
LOOKS = 20
"""At one of so many looks they are counted, and after each failure."""

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
        self._looks = 0

    def begin(self) -> None:
        """Look anew: others may have moved what was found."""
        self._waiting.clear()
        self._crowded, self._looks = None, 0

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
            self._waiting.clear()
            self._looks = 0
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
        """Read a page of the oldest that wait and may be moved."""
        if self._looks % LOOKS == 0:
            self._count()
        self._looks += 1
        for entries in pages(self._store):
            self._waiting.extend(self._readable(entries))
            if self._waiting:
                return
        if self._crowded:
            self._count()

    def _readable(self, entries: Sequence[Entry]) -> Iterator[Found]:
        for entry in entries:
            if (entry.key, entry.revision) in self._left:
                continue
            told = unpack_entry(entry)
            if told:
                yield entry, told
            else:
                self._leave(entry, "it is malformed")

    def _count(self) -> None:
        """Count what waits, as far as that matters."""
        count = size = 0
        for entries in pages(self._store):
            count += len(entries)
            size += sum(len(entry.value) for entry in entries)
            if count > MANY or size > LARGE:
                said = f"{count} entries of the audit ({size >> 20} MiB) or more"
                self._tell_crowd(f"{said} wait for the log store")
                return
        self._tell_crowd("")

    def _tell_crowd(self, why: str) -> None:
        if bool(why) == self._crowded:
            return
        if why:
            log.warning("%s; later ones keep only small jobs", why)
            put(self._store, KEEPER_CROWDED_KEY, why.encode())
        else:
            delete(self._store, KEEPER_CROWDED_KEY)
        self._crowded = bool(why)

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
