"""The sweep: looks through what is owed, for unknown keys of ours and for those of the dead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from common import keys
from common.clock import Clock
from common.constants import JOB_RUN_DIR, JOB_WORKER_DIR, WORKER_ALIVE_DIR
from common.errors import InvalidField
from common.owed import ENDED, RUNNING, WAITING, Owed, unpack
from common.owed_record import owed_records
from common.store import Entry, Store
from common.strict_json import parse_object
from worker.claim import job_and_run
from worker.committer import Posting
from worker.filing import Filing
from worker.heirs import heirs, registered
from worker.left import Left
from worker.takeovers import Owing, Takeovers
from worker.waits import Waits, waits_by

log = logging.getLogger(__name__)


class Sweep:
    """Runs on the claimer's thread: when it begins, when a worker died, and every so many seconds.

    What nobody of ours wrote, or a later version did, is counted in `malformed`, said once, and
    left alone.
    """

    def __init__(
        self,
        store: Store,
        seconds: float,
        clock: Clock,
        file: Callable[[Sequence[Filing]], None],
        tell: Callable[[Waits], None],
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._file = file
        self._tell = tell
        self._next = clock.boot()
        self._left = Left()
        self._ended: set[str] = set()
        self._said: set[str] = set()
        self._last: dict[str, tuple[int, Owed]] = {}
        # Shorter than the time between two looks, so that the second look is late enough.
        self._takeovers = Takeovers(clock, seconds / 2, self._taken, self._say)
        self.malformed = 0

    @property
    def next_at(self) -> float:
        """When it is time to look again, boot seconds."""
        return self._next

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self._clock.boot() >= self._next

    def hasten(self, dead: str = "") -> None:
        """Look soon: an incarnation is over and what it owed is this worker's, or it is unknown
        what came of a claim of our own.
        """
        if dead:
            self._ended.add(dead)
        self._next = self._clock.boot()

    def run(self, incarnation: str, left: Left) -> list[Owing]:
        """Our running and waiting keys as the store has them; of the dead's it is chosen which are
        ours to take, and told of those that wait once they are.

        An ended key of ours that is not in `left` is filed, and stands there from now on: a lost
        answer has told nobody of it. The store's errors pass through.
        """
        self._next = self._clock.boot() + self._seconds
        self._left = left
        ended, self._ended = self._ended, set()
        owing = self._store.snapshot(JOB_RUN_DIR).entries
        there = {entry.key for entry in owing}
        self._said = {key for key in self._said if key in there or key.startswith(WORKER_ALIVE_DIR)}
        read = [(entry, owed) for entry in owing if (owed := self._known(entry)) is not None]
        self._last = {entry.key: (entry.revision, owed) for entry, owed in read}
        others = [each for each in read if each[1].incarnation != incarnation]
        self._choose(others, incarnation, ended)
        mine = []
        for entry, owed in read:
            if owed.incarnation != incarnation:
                continue
            if owed.state in (RUNNING, WAITING):
                mine.append((entry, owed))
            elif owed.state == ENDED and entry.key not in left:
                self._owe(entry.key, owed, entry.revision)
        return mine

    def next(self, most: int, still: Callable[[], bool]) -> list[Posting]:
        """What takes over the next of the dead's keys; it is filed when it is ours."""
        return self._takeovers.next(most, still)

    def file(self, key: str, owed: Owed) -> None:
        """File the records that a run's key alone can give."""
        name, run_id = job_and_run(key)
        self._file((Filing(tuple(owed_records(name, run_id, owed)), key),))

    def _choose(self, others: list[Owing], incarnation: str, ended: set[str]) -> None:
        """Of what others owe, what the dead do."""
        if not others:
            self._takeovers.choose([], incarnation, set(), ended)
            return
        alive = {self._life(entry) for entry in self._store.snapshot(WORKER_ALIVE_DIR).entries}
        dead = [each for each in others if each[1].incarnation not in alive]
        workers = self._store.snapshot(JOB_WORKER_DIR).entries if dead else ()
        living = heirs(alive, map(registered, (entry.value for entry in workers)))
        self._takeovers.choose(dead, incarnation, living, ended)

    def _life(self, entry: Entry) -> str:
        """The incarnation that an alive key stands for, whatever lies there."""
        try:
            parse_object(entry.value, "life")
        except InvalidField as error:
            self._say(entry.key, f"is malformed ({error})")
        return entry.key.removeprefix(WORKER_ALIVE_DIR)

    def _taken(self, entry: Entry, owed: Owed, revision: int) -> None:
        """A dead worker's key is ours: what waits goes on waiting, the rest is recorded."""
        if owed.state != WAITING:
            self._owe(entry.key, owed, revision)
        else:
            self._tell(waits_by(entry.key, owed, revision, entry.created))

    def _owe(self, key: str, owed: Owed, revision: int) -> None:
        self._left.stands(key, revision)
        self.file(key, owed)

    def _known(self, entry: Entry) -> Owed | None:
        """What an entry says; most are as they were at the last look."""
        revision, owed = self._last.get(entry.key, (0, None))
        return owed if owed and revision == entry.revision else self._read(entry)

    def _read(self, entry: Entry) -> Owed | None:
        try:
            if keys.split_run(entry.key) is None:
                raise InvalidField("key", "names no run of ours")
            return unpack(entry.value)
        except InvalidField as error:
            self._say(entry.key, f"is malformed ({error})")
            return None

    def _say(self, key: str, what: str) -> None:
        if key not in self._said:
            self._said.add(key)
            self.malformed += 1
            log.warning("%s %s; left alone", key, what)
