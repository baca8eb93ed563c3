"""What runs print while somebody looks, from the executors to the store; else nothing at all."""

from __future__ import annotations

import logging
import queue
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from common import keys
from common.clock import Clock
from common.errors import StoreClosed, StoreError, StoreRefused
from common.live_output import LivePart, pack
from common.store import Delete, Operation, Put, Store, Transaction
from worker.events import Event
from worker.live_lease import LiveLease
from worker.live_orders import Printed

log = logging.getLogger(__name__)

AGAIN_SECONDS = 10.0
"""So often executors hear what is looked at: long before they forget it."""
BYTES_PER_SECOND, MOST_AT_ONCE = 131072, 393216
"""What all runs together may show."""
KEPT_BYTES = 262144
"""So much of a run's output lies in the store."""
MOST_WAITING = 256
REST_SECONDS = 2.0
OPERATIONS = 100
"""etcd takes 128 in one transaction."""


class Live:
    """The body of a thread. It hears of looks by the watch, of output by the executors.

    It makes no request while nobody looks. What does not get through in time is left out: who
    looks sees by the bytes' numbers how much that is.
    """

    name = "live output"

    def __init__(self, store: Store, clock: Clock) -> None:
        self.follow: Callable[[tuple[str, ...]], None] = lambda run_ids: None
        """Hears which runs are to be told of, again and again; to be set before the start."""
        self._store, self._clock = store, clock
        self._lease = LiveLease(store, clock)
        self._inbox: queue.SimpleQueue[frozenset[str] | Printed | None] = queue.SimpleQueue()
        self._runs: dict[str, deque[tuple[str, int]]] = {}
        self._again_at = 0.0
        self._room, self._refilled = float(MOST_AT_ONCE), clock.boot()
        self._failing, self._rests_until = False, 0.0

    def beside(self, tell: Callable[[Event], None]) -> Callable[[Event | Printed], None]:
        """What hears of executors: what runs print comes here, all else is told."""

        def hear(news: Event | Printed) -> None:
            self.hear(news) if isinstance(news, Printed) else tell(news)

        return hear

    def look(self, run_ids: frozenset[str]) -> None:
        """These runs are looked at, and no others. From any thread, returns at once."""
        self._inbox.put(run_ids)

    def hear(self, printed: Printed) -> None:
        """A run printed something. From any thread, returns at once."""
        if self._inbox.qsize() < MOST_WAITING:
            self._inbox.put(printed)

    def step(self) -> None:
        """Wait for news, or until executors are to be told again, and see to all there is."""
        news = self._take()
        looks = [each for each in news if isinstance(each, frozenset)]
        if looks:
            self._become(looks[-1])
        if self._runs and self._clock.boot() >= self._again_at:
            self._again_at = self._clock.boot() + AGAIN_SECONDS
            self.follow(tuple(self._runs))
        printed = [each for each in news if isinstance(each, Printed)]
        self._commit([each for part in printed for each in self._operations(part)])

    def wake(self) -> None:
        """End the wait."""
        self._inbox.put(None)

    def close(self) -> None:
        """Nobody is shown anything any more."""
        self._become(frozenset())

    def _take(self) -> list[frozenset[str] | Printed | None]:
        news: list[frozenset[str] | Printed | None] = []
        patience = max(0.0, self._again_at - self._clock.boot()) if self._runs else None
        try:
            news.append(self._inbox.get(timeout=patience))
            while True:
                news.append(self._inbox.get_nowait())
        except queue.Empty:
            return news

    def _become(self, looks: frozenset[str]) -> None:
        """Show these runs; what lies in the store of others goes."""
        gone = [self._runs.pop(run_id) for run_id in self._runs.keys() - looks]
        for run_id in looks - self._runs.keys():
            self._runs[run_id] = deque()
        self._again_at = self._clock.boot() + AGAIN_SECONDS
        self.follow(tuple(self._runs))
        if looks:
            self._commit([Delete(key) for parts in gone for key, _ in parts])
        else:
            self._try(self._lease.end)

    def _operations(self, printed: Printed) -> Iterator[Operation]:
        """What puts a part into the store, and takes the oldest out where there is too much."""
        parts = self._runs.get(printed.run_id)
        if parts is None or not self._may(len(printed.output)):
            return
        key = keys.output(printed.run_id, printed.start)
        part = LivePart(printed.start, printed.end, self._clock.wall_ms(), printed.output)
        again = [each for each in parts if each[0] == key]
        for each in again:
            parts.remove(each)
        parts.append((key, len(printed.output)))
        yield Put(key, pack(part))
        while len(parts) > 1 and sum(size for _, size in parts) > KEPT_BYTES:
            yield Delete(parts.popleft()[0])

    def _may(self, size: int) -> bool:
        """Whether so many bytes may be shown now."""
        now = self._clock.boot()
        gained = (now - self._refilled) * BYTES_PER_SECOND
        self._room, self._refilled = min(self._room + gained, MOST_AT_ONCE), now
        if size > self._room:
            return False
        self._room -= size
        return True

    def _commit(self, operations: Sequence[Operation]) -> None:
        """Do all of it, in as few transactions as may be."""
        for start in range(0, len(operations), OPERATIONS):
            some = operations[start : start + OPERATIONS]
            if not self._try(partial(self._write, some)):
                return

    def _write(self, operations: Sequence[Operation]) -> None:
        lease = self._lease.hold()
        bound = (Put(o.key, o.value, lease) if isinstance(o, Put) else o for o in operations)
        try:
            self._store.commit(Transaction((), tuple(bound)))
        except StoreRefused:
            self._lease.forget()
            raise

    def _try(self, do: Callable[[], None]) -> bool:
        """Whether it was done; the first time in a row that it is not, that is said.

        Then nothing is tried for a while: it would only be late.
        """
        if self._clock.boot() < self._rests_until:
            return False
        try:
            do()
        except StoreClosed:
            return False
        except StoreError as error:
            if not self._failing:
                log.warning("what runs print cannot be shown now (%s)", error)
            self._failing, self._rests_until = True, self._clock.boot() + REST_SECONDS
            return False
        self._failing = False
        return True
