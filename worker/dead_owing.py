"""What the dead owe: which of the run keys that others hold, and who lives to settle it."""

from __future__ import annotations

from collections.abc import Sequence

from common.constants import JOB_WORKER_DIR, WORKER_ALIVE_DIR
from common.errors import InvalidField
from common.store import Entry, Store
from common.strict_json import parse_object
from worker.heirs import heirs, registered
from worker.oddities import Oddities
from worker.takeovers import Owing


class DeadOwing:
    """Belongs to one thread. The store's errors pass through; of odd keys `odd` hears."""

    def __init__(self, store: Store, odd: Oddities) -> None:
        self._store = store
        self._odd = odd

    def among(self, others: Sequence[Owing]) -> tuple[list[Owing], set[str]]:
        """What of all this incarnations owe that are dead, and which of the living may settle it.

        Of neither anything, and nothing is asked, where nobody owes anything.
        """
        if not others:
            return [], set()
        alive = {self._life(entry) for entry in self._store.snapshot(WORKER_ALIVE_DIR).entries}
        dead = [each for each in others if each[1].incarnation not in alive]
        workers = self._store.snapshot(JOB_WORKER_DIR).entries if dead else ()
        return dead, heirs(alive, map(registered, (entry.value for entry in workers)))

    def _life(self, entry: Entry) -> str:
        """The incarnation that an alive key stands for, whatever lies there."""
        try:
            parse_object(entry.value, "life")
        except InvalidField as error:
            self._odd.say(entry.key, f"is malformed ({error})")
        return entry.key.removeprefix(WORKER_ALIVE_DIR)
