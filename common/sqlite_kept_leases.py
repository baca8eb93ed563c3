"""The leases that the embedded store goes on with when its process is started again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from common.boot import boot_id


class KeptLeases:
    """Rows over one connection, whose transactions are the caller's.

    Only how long each was granted for is kept: no renewal asks for the disk.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def take(self) -> dict[int, int]:
        """The leases of this boot of the machine and for how many seconds each was granted.

        Those of former boots, in which nobody lives any more, are forgotten.
        """
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS leases"
            " (lease INTEGER PRIMARY KEY NOT NULL, seconds INTEGER NOT NULL, boot TEXT NOT NULL)"
        )
        self._connection.execute("DELETE FROM leases WHERE boot != ?", (boot_id(),))
        return dict(self._connection.execute("SELECT lease, seconds FROM leases").fetchall())

    def keep(self, lease: int, seconds: int) -> None:
        """A lease was granted."""
        self._connection.execute("INSERT INTO leases VALUES (?, ?, ?)", (lease, seconds, boot_id()))

    def forget(self, leases: Sequence[int]) -> None:
        """These leases are over."""
        rows = [(lease,) for lease in leases]
        self._connection.executemany("DELETE FROM leases WHERE lease = ?", rows)
