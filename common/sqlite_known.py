"""The entries as the embedded store's writer knows them: few statements for many changes.

Each statement lets other threads run and must then wait for its turn; that costs far more than the
rows do. So what was looked at lately is kept, which is sound since nobody else writes the file,
and what is changed goes to the file all at once, before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable

from common.sqlite_entries import SqliteEntries
from common.store import Entry, Put

MOST_KNOWN = 50_000
LONGEST_VALUE = 1024
"""Larger values are read anew each time: what is kept stays below some tens of megabytes."""


class Known:
    """Belongs to the writer's thread, inside of one transaction of its connection at a time.

    `flush` before the commit; `forget` after a roll back.
    """

    def __init__(self, entries: SqliteEntries) -> None:
        self._entries = entries
        self._known: dict[str, Entry | None] = {}
        self._looked: list[str] = []
        self._changed: set[str] = set()

    def look(self, keys: Iterable[str]) -> None:
        """What is asked for next are these: read together those that are not known."""
        unknown = sorted({key for key in keys if key not in self._known})
        self._known.update(dict.fromkeys(unknown))
        self._known.update({entry.key: entry for entry in self._entries.these(unknown)})
        self._looked += unknown

    def get(self, key: str) -> Entry | None:
        """The entry as it stands, or None."""
        if key not in self._known:
            self.look((key,))
        return self._known[key]

    def put(self, wanted: Put, revision: int) -> Entry:
        """Set a key at a revision; the entry as it stands now."""
        key = wanted.key
        before = self.get(key)
        created = revision if before is None else before.created
        entry = self._known[key] = Entry(key, wanted.value, revision, created, wanted.lease)
        self._changed.add(key)
        return entry

    def delete(self, key: str) -> bool:
        """Remove a key; whether it was there."""
        if self.get(key) is None:
            return False
        self._known[key] = None
        self._changed.add(key)
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
        changed = [(key, self._known.pop(key)) for key in sorted(self._changed)]
        self._entries.write([entry for _, entry in changed if entry is not None])
        self._entries.remove([key for key, entry in changed if entry is None])
        # Who was put in last stays longest.
        self._known.update(changed)
        self._drop(self._looked)
        self._drop(self._changed)
        self._looked, self._changed = [], set()
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def forget(self) -> None:
        """What was changed did not happen."""
        self._known, self._looked, self._changed = {}, [], set()

    def _drop(self, keys: Iterable[str]) -> None:
        """What is not there is not worth the room, and what is large too much."""
        for key in keys:
            entry = self._known.get(key)
            if entry is None or len(entry.value) > LONGEST_VALUE:
                self._known.pop(key, None)
