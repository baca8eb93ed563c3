"""The executor's threads: each owns one child at a time, from its spawn to its reaping."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable

from worker.equipment import Equipment
from worker.executor_run import Run
from worker.orders import Ended, Extend, Order, Started

log = logging.getLogger(__name__)

DEATH_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 1.0
"""A wait does not go on while the machine sleeps, a lease does."""


class Pool:
    """`threads` pre-started threads that carry out orders; every order gets exactly one end.

    `tell` is called from the threads and must not block. `died` is called when a thread meets an
    error that nobody expects; the pool is then of no further use.
    """

    def __init__(
        self,
        threads: int,
        tell: Callable[[Started | Ended], None],
        died: Callable[[], None],
        equipment: Equipment,
    ) -> None:
        self._tell = tell
        self._died = died
        self._equipment = equipment
        self._queue: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._runs: dict[str, Run] = {}
        self._extended: Extend | None = None
        self._changed = threading.Condition()
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._threads = [
            threading.Thread(target=self._work, name=f"run-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Start the threads; returns at once."""
        for thread in self._threads:
            thread.start()

    def submit(self, order: Order) -> None:
        """Take an order; the sender never has more of them out than there are threads."""
        run = Run(order, self._equipment)
        if self._extended is not None:
            run.lease.extend(self._extended)
        with self._changed:
            self._runs[order.run_id] = run
        self._queue.put(run)

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run or keep it from starting; one that is not here is none of our business."""
        with self._changed:
            run = self._runs.get(run_id)
        if run is not None:
            run.switch.pull(reason, at_once)

    def extend(self, news: Extend) -> None:
        """A lease was renewed: let those of its runs know that are here or still to come."""
        self._extended = news
        with self._changed:
            for run in self._runs.values():
                run.lease.extend(news)

    def enforce(self, now: float) -> float:
        """Cut off the runs whose lease ends; when to look again (`now` too: boot time, or inf)."""
        with self._changed:
            leases = [run.lease for run in self._runs.values() if run.lease.is_enforced]
        return min((lease.enforce(now) for lease in leases), default=float("inf"))

    def end_all(self, reason: str) -> bool:
        """Kill every run and wait for the ends; False if one outlives even KILL for too long.

        A lease that ends first is the end of a run's grace here too; nobody else looks any more.
        """
        with self._changed:
            runs = list(self._runs.values())
        for run in runs:
            run.switch.pull(reason)
        grace = max((run.order.job.kill_grace_seconds for run in runs), default=0.0)
        deadline = time.monotonic() + grace + DEATH_SECONDS
        with self._changed:
            while self._runs and (left := deadline - time.monotonic()) > 0:
                now = time.clock_gettime(time.CLOCK_BOOTTIME)
                self._changed.wait(min(left, self.enforce(now) - now, LONGEST_WAIT_SECONDS))
            return not self._runs

    def _work(self) -> None:
        """A thread's life: whatever ends it early ends the executor."""
        try:
            while run := self._queue.get():
                ended = run.carry_out(self._null, self._tell)
                self._tell(ended)
                with self._changed:
                    del self._runs[ended.run_id]
                    self._changed.notify_all()
        except Exception:
            log.exception("a thread of the executor died")
            self._died()
