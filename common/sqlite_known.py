"""The entries as the embedded store's writer knows them: few statements for many changes.

Each statement lets other threads run and must then wait for its turn; that costs far more than the
rows do. So what was looked at lately is kept, which is sound since nobody else writes the file,
and what is changed goes to the file all at once, before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable

from common.sqlite_entries import SqliteEntries
from common.store import Entry, Put

MOST_KNOWN = 20_000
LONGEST_VALUE = 4096
"""Larger values are read anew each time: what is kept stays below some tens of megabytes."""


class Known:
    """Belongs to the writer's thread, inside of one transaction of its connection at a time.

    `flush` before the commit; `forget` after a roll back.
    """

    def __init__(self, entries: SqliteEntries) -> None:
        self._entries = entries
        self._known: dict[str, Entry] = {}
        self._absent: set[str] = set()
        self._changed: dict[str, Entry | None] = {}

    def look(self, keys: Iterable[str]) -> None:
        """What is asked for next are these: read together those that are not known."""
        self._absent.clear()
        unknown = {key for key in keys if key not in self._known and key not in self._changed}
        for entry in self._entries.these(sorted(unknown)):
            self._keep(entry.key, entry)
            unknown.discard(entry.key)
        self._absent.update(unknown)

    def get(self, key: str) -> Entry | None:
        """The entry as it stands, or None."""
        if key in self._changed:
            return self._changed[key]
        if key in self._absent:
            return None
        found = self._known.get(key)
        if found is None:
            found = self._entries.get(key)
            self._keep(key, found)
        return found

    def put(self, wanted: Put, revision: int) -> Entry:
        """Set a key at a revision; the entry as it stands now."""
        before = self.get(wanted.key)
        created = revision if before is None else before.created
        entry = Entry(wanted.key, wanted.value, revision, created, wanted.lease)
        self._changed[wanted.key] = entry
        return entry

    def delete(self, key: str) -> bool:
        """Remove a key; whether it was there."""
        if self.get(key) is None:
            return False
        self._changed[key] = None
        return True

    def delete_leased(self, lease: int) -> list[str]:
        """Remove the keys of a lease; the keys, in order."""
        self.flush()
        gone = self._entries.delete_leased(lease)
        for key in gone:
            self._known.pop(key, None)
        return gone

    def flush(self) -> None:
        """Bring the file up to what was changed."""
        changed, self._changed = self._changed, {}
        self._absent.clear()
        self._entries.write([entry for entry in changed.values() if entry is not None])
        self._entries.remove([key for key, entry in changed.items() if entry is None])
        for key, entry in changed.items():
            self._keep(key, entry)

    def forget(self) -> None:
        """What was changed did not happen."""
        self._changed.clear()
        self._absent.clear()
        self._known.clear()

    def _keep(self, key: str, entry: Entry | None) -> None:
        """Who was put in last stays longest; what is not there is not worth the room."""
        self._known.pop(key, None)
        if entry is None or len(entry.value) > LONGEST_VALUE:
            return
        self._known[key] = entry
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
