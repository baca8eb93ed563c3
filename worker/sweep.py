"""The sweep: looks through what is owed, and takes over what nobody alive stands for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from common import keys
from common.clock import Clock
from common.constants import JOB_RUN_DIR, WORKER_ALIVE_DIR
from common.errors import InvalidField, StoreRefused
from common.owed import ENDED, RUNNING, Owed, unpack
from common.owed_record import owed_records
from common.record import LOST
from common.store import Entry, Store
from worker.batcher import Filing
from worker.claim import take_over
from worker.left import Left

log = logging.getLogger(__name__)

LOST_SENTENCE = "the worker was lost, and with it how the run ended"


class Sweep:
    """Runs on the claimer's thread, when it begins and then every so many seconds."""

    def __init__(
        self, store: Store, seconds: float, clock: Clock, file: Callable[[Filing], None]
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._file = file
        self._next = clock.boot()
        self._told: set[str] = set()
        self.malformed = 0

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self._clock.boot() >= self._next

    def run(self, incarnation: str, left: Left) -> list[tuple[Entry, Owed]]:
        """Our running keys as the store has them; dead incarnations' keys are taken over.

        What was taken over is filed, and stands in `left`; so does an ended key of ours that was
        not there: a lost answer has told nobody of it.
        """
        self._next = self._clock.boot() + self._seconds
        owing = self._store.snapshot(JOB_RUN_DIR).entries
        if not owing:
            return []
        living = {entry.key for entry in self._store.snapshot(WORKER_ALIVE_DIR).entries}
        mine = []
        for entry in owing:
            owed = self._read(entry)
            if owed is None:
                continue
            if owed.incarnation != incarnation:
                if keys.alive(owed.incarnation) not in living:
                    self._settle(entry, owed, incarnation, left)
            elif owed.state == RUNNING:
                mine.append((entry, owed))
            elif owed.state == ENDED and entry.key not in left:
                self._owe(entry.key, owed, entry.revision, left)
        return mine

    def _settle(self, entry: Entry, owed: Owed, incarnation: str, left: Left) -> None:
        """Take over one; what the store refuses is no reason to leave out the others."""
        try:
            self._take_over(entry, owed, incarnation, left)
        except StoreRefused as error:
            self._tell(entry.key, f"could not be taken over ({error})")

    def _take_over(self, entry: Entry, owed: Owed, incarnation: str, left: Left) -> None:
        if owed.state not in (RUNNING, ENDED):
            return
        mine = replace(owed, incarnation=incarnation)
        if owed.state == RUNNING:
            mine = replace(mine, state=ENDED, outcome=LOST, err=LOST_SENTENCE, lost=True)
        taken = self._store.commit(take_over(entry.key, entry.revision, owed.incarnation, mine))
        if not taken.won:
            return
        name, run_id = keys.split_run(entry.key) or ("", "")
        log.info(
            "job=%s run=%s: settled as %s for %s", name, run_id, mine.outcome, owed.incarnation
        )
        self._owe(entry.key, mine, taken.revision, left)

    def _owe(self, key: str, owed: Owed, revision: int, left: Left) -> None:
        left.stands(key, revision)
        self.file(key, owed)

    def file(self, key: str, owed: Owed) -> None:
        """File the records that a run's key alone can give."""
        name, run_id = keys.split_run(key) or ("", "")
        self._file(Filing(tuple(owed_records(name, run_id, owed)), key))

    def _read(self, entry: Entry) -> Owed | None:
        try:
            if keys.split_run(entry.key) is None:
                raise InvalidField("key", "names no run of ours")
            return unpack(entry.value)
        except InvalidField as error:
            self._tell(entry.key, f"is malformed ({error})")
            return None

    def _tell(self, key: str, what: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self.malformed += 1
            log.warning("%s %s; left alone", key, what)
