"""The sweep: looks through what is owed, for unknown keys of ours and for those of the dead."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.clock import Clock
from common.constants import JOB_RUN_DIR, WORKER_ALIVE_DIR
from common.errors import StoreError
from common.owed import ENDED, RUNNING, WAITING, Owed
from common.store import Entry, Store
from worker.claim import run_of_key
from worker.committer import Posting
from worker.dead_owing import DeadOwing
from worker.filing import Filing
from worker.from_keys import FromKeys
from worker.left import Left
from worker.oddities import Oddities
from worker.owed_keys import OwedKeys
from worker.spool_state import SpoolState, has_room
from worker.sweep_pass import Pass
from worker.takeovers import Owing, Takeovers
from worker.waits import Waits, waits_by

AT_ONCE = 2000
"""So many keys are looked at before other things that are asked."""


class Sweep:
    """Runs on the claimer's thread: when it begins, when a worker died, and every so many seconds.

    It looks through all that is owed in steps, between which other things are done. What nobody of
    ours wrote, or a later version did, is counted in `malformed`, said once, and left alone.
    """

    def __init__(
        self,
        store: Store,
        seconds: float,
        clock: Clock,
        file: Callable[[Sequence[Filing]], None],
        tell: Callable[[Waits], None],
        spool: Callable[[], SpoolState],
    ) -> None:
        """`spool` says what else waits to be recorded."""
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._tell = tell
        self._spool = spool
        self._next = clock.boot()
        self._keys = FromKeys(clock, file, lambda: has_room(spool()))
        self._ended: set[str] = set()
        self._odd = Oddities()
        self._owed = OwedKeys(self._odd)
        self._dead = DeadOwing(store, self._odd)
        self._pass: Pass | None = None
        self._keyless: list[str] = []
        # Shorter than the time between two looks, so that the second look is late enough.
        self._takeovers = Takeovers(clock, seconds / 2, self._taken, self._odd.say)

    @property
    def malformed(self) -> int:
        """How many keys could not be read."""
        return self._odd.count

    @property
    def next_at(self) -> float:
        """When it is time to look again, boot seconds."""
        return self._next

    @property
    def is_under_way(self) -> bool:
        """Whether a look was begun of which steps are still to be made."""
        return self._pass is not None

    def is_due(self) -> bool:
        """Whether it is time for a step."""
        return self.is_under_way or self._clock.boot() >= self._next

    def hasten(self, dead: str = "") -> None:
        """Look soon: an incarnation is over and what it owed is this worker's, or it is unknown
        what came of a claim of our own.
        """
        if dead:
            self._ended.add(dead)
        self._next = self._clock.boot()

    def break_off(self) -> None:
        """Make no further steps of the look that was begun."""
        if self._pass is not None:
            self._ended |= self._pass.ended
        self._pass = None

    def step(self, incarnation: str, left: Left) -> list[Owing]:
        """Look on: our running and waiting keys, of some, as the store has them.

        After the last step it is chosen which of the dead's are ours to take, and told of those
        that wait once they are. An ended key of ours that is not in `left` is to be filed: a lost
        answer has told nobody of it. The store's errors pass through, and break the look off.
        """
        if self._pass is None or self._pass.incarnation != incarnation:
            self._begin(incarnation, left)
        under_way, self._pass = self._pass, None
        assert under_way is not None
        try:
            page = self._store.page(JOB_RUN_DIR, AT_ONCE, under_way.upto)
            mine = self._look(under_way, page.entries)
            if not page.more:
                self._conclude(under_way)
                return mine
        except StoreError:
            self._ended |= under_way.ended
            raise
        under_way.upto = page.entries[-1].key
        self._pass = under_way
        return mine

    def _begin(self, incarnation: str, left: Left) -> None:
        self.break_off()
        self._keys.left = left
        self._keys.clear()
        self._next = self._clock.boot() + self._seconds
        is_idle = not self._spool().waiting
        awaited, alone = set(left.awaited), set(self._keys.alone)
        self._pass = Pass(incarnation, self._ended, awaited, alone, is_idle)
        self._ended = set()

    def _look(self, under_way: Pass, entries: Sequence[Entry]) -> list[Owing]:
        """Sort what was read; what others owe is kept for the end."""
        mine = []
        for entry in entries:
            owed = self._owed.read(entry)
            if entry.key in self._odd:
                under_way.said.add(entry.key)
            if owed is None:
                continue
            under_way.read[entry.key] = (entry.revision, owed)
            if under_way.awaited:
                under_way.awaited.discard(run_of_key(entry.key))
            if owed.incarnation != under_way.incarnation:
                under_way.others.append((entry, owed))
            elif owed.state in (RUNNING, WAITING):
                under_way.alone.discard(run_of_key(entry.key))
                mine.append((entry, owed))
            elif owed.state == ENDED:
                self._ended_one(under_way, entry, owed)
        return mine

    def _ended_one(self, under_way: Pass, entry: Entry, owed: Owed) -> None:
        """An ended key of ours is filed if nobody else has what is to be said of it."""
        known = entry.key in self._keys.left
        if not known:
            self._keys.add(entry.key, owed, entry.revision)
        if under_way.alone and (run_id := run_of_key(entry.key)) in under_way.alone:
            under_way.alone.discard(run_id)
            if entry.key in self._keys.left:
                self._keys.instead(entry.key, owed)
        elif known and under_way.is_idle and self._owed.stood(entry):
            # Nothing else waits to be recorded.
            self._keys.file(entry.key, owed, told=run_of_key(entry.key))

    def _conclude(self, under_way: Pass) -> None:
        """All was looked through."""
        self._keys.left.await_no_more(under_way.awaited)
        self._keyless += self._keys.are_gone(under_way.alone)
        dead, living = self._dead.among(under_way.others)
        self._takeovers.choose(dead, under_way.incarnation, living, under_way.ended)
        said = under_way.said
        self._odd.keep(lambda key: key in said or key.startswith(WORKER_ALIVE_DIR))
        self._owed.looked(under_way.read)

    def are_alone(self, run_ids: Sequence[str], told: bool) -> None:
        """What was to be recorded of these runs nobody has any more but their keys."""
        if told and not self._keys.alone:
            self.hasten()
        self._keys.are_alone(run_ids, told)

    def keyless(self) -> list[str]:
        """Those that executors told, and of which not even a key of ours is there; each once."""
        gone, self._keyless = self._keyless, []
        return gone

    def all_told(self) -> None:
        """Former lives have told which records come from the spool."""
        self._keys.all_told()

    def file(self, key: str, owed: Owed) -> None:
        """File the records that a run's key alone can give."""
        self._keys.file(key, owed)

    def file_some(self) -> list[tuple[str, int]]:
        """File some of what is to be, as far as there is room for it; the keys that may go already,
        with their revisions.
        """
        self._keys.file_some()
        return self._keys.going()

    @property
    def is_filing(self) -> bool:
        """Whether keys wait to be filed."""
        return bool(len(self._keys))

    def next(self, most: int, still: Callable[[], bool]) -> list[Posting]:
        """What takes over the next of the dead's keys; it is filed when it is ours."""
        return self._takeovers.next(most, still)

    def _taken(self, entry: Entry, owed: Owed, revision: int) -> None:
        """A dead worker's key is ours: what waits goes on waiting, the rest is recorded."""
        if owed.state != WAITING:
            self._keys.add(entry.key, owed, revision)
        else:
            self._tell(waits_by(entry.key, owed, revision, entry.created))
