"""The runs that somebody looks at by this master: each is followed once, for all its viewers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from common.clock import Clock
from common.log_store import LogStore
from common.store import Store
from master.broadcast import Broadcast
from master.looker import Looker
from master.request import Refused
from master.run_states import RunStates

MOST_RUNS = 16
"""So many runs are followed at once: what they print goes through the store."""


class Broadcasts:
    """Hands out broadcasts, and ends each with its last viewer. Safe from any thread."""

    def __init__(self, store: Store, logs: LogStore, clock: Clock, me: str) -> None:
        self._store, self._clock, self._me = store, clock, me
        self._states = RunStates(store, logs, clock)
        self._lock = threading.Lock()
        self._all: dict[str, Broadcast] = {}

    def check_room(self, run_id: str) -> None:
        """Raise Refused (503) where one more run would be too many."""
        with self._lock:
            if run_id not in self._all and len(self._all) >= MOST_RUNS:
                said = f"{MOST_RUNS} runs are looked at already: try again"
                raise Refused(503, said, (("Retry-After", "5"),))

    @contextmanager
    def joined(self, name: str, run_id: str) -> Iterator[Broadcast]:
        """The broadcast of a run, for one more viewer; Refused (503) where there is no room."""
        self.check_room(run_id)
        with self._lock:
            one = self._all.get(run_id)
            if one is None or one.broke:
                one = self._made(name, run_id)
                one.start()
                self._all[run_id] = one
            one.viewers += 1
        try:
            yield one
        finally:
            self._leave(run_id, one)

    def _made(self, name: str, run_id: str) -> Broadcast:
        looker = Looker(self._store, self._clock, self._me, run_id)
        return Broadcast(self._store, self._states, self._clock, looker, name, run_id)

    def _leave(self, run_id: str, one: Broadcast) -> None:
        with self._lock:
            one.viewers -= 1
            last = one.viewers == 0
            if last and self._all.get(run_id) is one:
                del self._all[run_id]
        if last:
            one.stop()
