"""The time by which records get old. No clock that was set wrong makes them old all at once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from common.clock import Clock
from common.clock_news import pack_clock, unpack_clock
from common.constants import KEEPER_TIME_KEY
from common.errors import InvalidField, LogStoreSlow
from common.log_store import LogStore
from common.search import Position, Search
from common.store import Store, put

log = logging.getLogger(__name__)

FASTER = 5
"""So many times as fast as time passes it follows clocks that are ahead of it: so it keeps up on a
machine that runs for 40 hours of a week."""
FIRST_MS = 1_767_225_600_000
"""The beginning of 2026: what says less is a clock that nobody had set."""
TRIES = 10
"""So many half seconds the newest record is looked for."""
DAY_MS = 86_400_000
"""That it is behind our clock by more is told."""


class RetentionTime:
    """The least of our own clock, the log store's, and what it was before with five times what has
    passed since. Belongs to one thread.

    The machine may have been off or its clock may have been set, which nobody can tell apart. What
    it was is kept in the store, for whoever keeps house next. `required` gives epoch ms by our own
    clock, or raises ClockOff. `behind_ms` is how far it was behind that when it was asked for last,
    `problem` says so if that is much.
    """

    def __init__(
        self, store: Store, logs: LogStore, clock: Clock, required: Callable[[], int]
    ) -> None:
        self._store = store
        self._logs = logs
        self._clock = clock
        self._required = required
        self._latest = 0
        self._at = clock.boot()
        self.behind_ms = 0
        self.problem = ""

    def begin(self) -> None:
        """Take up the latest that it was: by the store, else when the newest record began.

        ClockOff and the stores' errors: it is not known yet.
        """
        self._latest, self._at = self._kept(), self._clock.boot()
        if not self._latest:
            self._reach(min(self._required(), self._newest()))

    def now(self) -> int:
        """Epoch ms. ClockOff and the stores' errors."""
        ours, theirs = self._required(), self._logs.clock()
        clocks = ours if theirs is None else min(ours, theirs)
        boot = self._clock.boot()
        passed_ms = round(1000 * FASTER * (boot - self._at))
        now = min(clocks, self._latest + passed_ms) if self._latest else clocks
        self._at = boot
        self._reach(max(self._latest, now))
        self.behind_ms = ours - now
        self._tell(self.behind_ms)
        return now

    def _reach(self, now_ms: int) -> None:
        """It has been as late as this."""
        if now_ms >= FIRST_MS:
            self._latest = now_ms
            put(self._store, KEEPER_TIME_KEY, pack_clock(now_ms))

    def _kept(self) -> int:
        """The latest that it was by the store; 0 where that is not told."""
        entry = self._store.get(KEEPER_TIME_KEY)
        try:
            kept = unpack_clock(entry.value) if entry else 0
        except InvalidField as error:
            log.warning("%s: %s; records get old by the newest of them", KEEPER_TIME_KEY, error)
            return 0
        return kept if kept >= FIRST_MS else 0

    def _newest(self) -> int:
        """When the newest record began; now where there is none."""
        after: Position | None = None
        for _ in range(TRIES):
            found = self._logs.search(Search(), after, 1)
            after = found.next
            if found.records:
                return found.records[0].start_time
            if after is None:
                return self._required()
        raise LogStoreSlow("the newest record was not found in time")

    def _tell(self, behind_ms: int) -> None:
        said, self.problem = self.problem, ""
        if behind_ms <= DAY_MS:
            return
        days = f"{behind_ms / DAY_MS:.1f} days"
        why = "it was set, the log store's is behind, or nobody kept house"
        self.problem = f"records get old by a time {days} behind the clock of this host: {why}"
        if not said:
            log.warning("%s; it follows %d times as fast as time passes", self.problem, FASTER)
