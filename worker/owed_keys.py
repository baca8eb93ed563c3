"""What run keys say is owed: only those that have changed since the last look are unpacked."""

from __future__ import annotations

from collections.abc import Mapping

from common import keys
from common.errors import InvalidField
from common.owed import Owed, unpack
from common.store import Entry
from worker.oddities import Oddities


class OwedKeys:
    """Belongs to one thread. Of what cannot be read `odd` hears."""

    def __init__(self, odd: Oddities) -> None:
        self._odd = odd
        self._last: Mapping[str, tuple[int, Owed]] = {}

    def read(self, entry: Entry) -> Owed | None:
        """What it says; None where that is malformed."""
        revision, owed = self._last.get(entry.key, (0, None))
        return owed if owed and revision == entry.revision else self._unpack(entry)

    def stood(self, entry: Entry) -> bool:
        """Whether it is as it was at the last look."""
        return self._last.get(entry.key, (0,))[0] == entry.revision

    def looked(self, read: Mapping[str, tuple[int, Owed]]) -> None:
        """A look is over; by their keys, with their revisions, what was read in it."""
        self._last = read

    def _unpack(self, entry: Entry) -> Owed | None:
        try:
            if keys.split_run(entry.key) is None:
                raise InvalidField("key", "names no run of ours")
            return unpack(entry.value)
        except InvalidField as error:
            self._odd.say(entry.key, f"is malformed ({error})")
            return None
