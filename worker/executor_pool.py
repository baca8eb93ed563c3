"""The executor's threads: each owns one child at a time, from its spawn to its reaping."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from worker.end_words import as_heard
from worker.equipment import Equipment
from worker.executor_failure import failed
from worker.executor_lease import Leases
from worker.executor_run import OrderedRun
from worker.executor_starts import Starts
from worker.hello import Held
from worker.live_orders import Printed
from worker.live_taps import Taps
from worker.orders import Ended, Extend, Order, held_of
from worker.seat import Seat
from worker.stream import Stream

log = logging.getLogger(__name__)

DEATH_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 1.0
"""A wait does not go on while the machine sleeps, a lease does."""


class Pool:
    """`threads` pre-started threads that carry out orders; every order gets exactly one end.

    `starts` hears of starts and `ended` of ends (after the context), from the threads; they must
    not block. A run stays in the pool until `over` says that its end was told. `died` is called
    when a thread itself fails; the pool is then of no further use.
    """

    def __init__(
        self,
        threads: int,
        starts: Starts,
        ended: Callable[[str, Ended], None],
        died: Callable[[], None],
        equipment: Equipment,
        show: Callable[[Printed], None] = lambda printed: None,
    ) -> None:
        """`show` hears what followed runs print: all of a run before its end is told."""
        self._starts = starts
        self._ended = ended
        self._died = died
        self._equipment = equipment
        self._queue: queue.SimpleQueue[OrderedRun | None] = queue.SimpleQueue()
        self._runs: dict[str, OrderedRun] = {}
        self._leases = Leases()
        self._changed = threading.Condition()
        self.taps = Taps(self.stream, show, died)
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._threads = [
            threading.Thread(target=self._work, name=f"run-{number}", daemon=True)
            for number in range(threads)
        ]

    def __len__(self) -> int:
        """How many runs it has of which no end was told yet."""
        return len(self._runs)

    @property
    def held(self) -> tuple[Held, ...]:
        """These runs, and since when they run."""
        with self._changed:
            return tuple(self._as_held(run.order) for run in self._runs.values())

    def start(self) -> None:
        """Start the threads; returns at once. RuntimeError where the system has none left."""
        for thread in self._threads:
            thread.start()
        self.taps.start()
        self._equipment.pipes.start(self._died)

    def submit(self, order: Order) -> None:
        """Take an order; the sender never has more of them out than there are threads."""
        with self._changed:
            run = OrderedRun(order, self._equipment, self._leases)
            self._runs[order.run_id] = run
        self._queue.put(run)

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run or keep it from starting; one that is not here is none of our business."""
        with self._changed:
            run = self._runs.get(run_id)
        if run is not None:
            run.switch.pull(reason, at_once)

    def call_off(self, run_id: str, reason: str) -> None:
        """Keep a run from starting; one that has begun, or is not here, goes its way."""
        with self._changed:
            run = self._runs.get(run_id)
        if run is not None:
            run.switch.call_off(reason)

    def stream(self, run_id: str) -> Stream | None:
        """What takes the output of a run that has started; from any thread."""
        run = self._runs.get(run_id)
        return run.stream if run is not None else None

    def retire(self, reason: str, keep: bool) -> None:
        """Have all runs ended, with `keep` but those of jobs that go on; returns at once."""
        with self._changed:
            runs = list(self._runs.values())
        for run in runs:
            if not (keep and run.order.job.on_restart == "keep"):
                run.switch.pull(reason)

    def extend(self, news: Extend) -> None:
        """A lease was renewed: let those of its runs know that are here or still to come."""
        with self._changed:
            self._leases.extend(news)

    def enforce(self, now: float) -> float:
        """Cut off the runs whose lease ends; when to look again (`now` too: boot time, or inf)."""
        with self._changed:
            return self._leases.enforce(now)

    def end_all(self, reason: str) -> bool:
        """Kill every run and wait for the ends; False if one outlives even KILL for too long.

        A lease that ends first is the end of a run's grace here too; nobody else looks any more.
        """
        self.retire(reason, keep=False)
        graces = [held.grace for held in self.held]
        deadline = time.monotonic() + max(graces, default=0.0) + DEATH_SECONDS
        with self._changed:
            while self._runs and (left := deadline - time.monotonic()) > 0:
                now = time.clock_gettime(time.CLOCK_BOOTTIME)
                self._changed.wait(min(left, self.enforce(now) - now, LONGEST_WAIT_SECONDS))
            self.taps.stop()
            return not self._runs

    def over(self, run_ids: Sequence[str]) -> None:
        """The ends of these runs were told: they are the pool's no longer."""
        self._starts.over(run_ids)
        with self._changed:
            for run_id in run_ids:
                if run := self._runs.pop(run_id, None):
                    self._leases.remove(run.order)
            self._changed.notify_all()

    def _work(self) -> None:
        """A thread's life: whatever ends it early ends the executor."""
        seat = Seat(self._null)
        try:
            while run := self._queue.get():
                ended = self._carry_out(run, seat)
                self.taps.finish(ended.run_id)
                started = self._starts.get(ended.run_id) is not None
                self._ended(run.order.context, as_heard(ended, started))
        except Exception:
            log.exception("a thread of the executor died")
            self._died()

    def _carry_out(self, run: OrderedRun, seat: Seat) -> Ended:
        """Carry out an order; an error that nobody expects is the end of this run alone."""
        order = run.order
        try:
            return run.carry_out(seat, self._starts.add)
        except Exception as error:
            log.exception("job=%s run=%s: the executor failed", order.job.name, order.run_id)
            return failed(order, self._starts.get(order.run_id), error)

    def _as_held(self, order: Order) -> Held:
        started = self._starts.get(order.run_id)
        if started is None:
            return held_of(order)
        return replace(held_of(order), pid=started.pid, start_ms=started.start_ms)
