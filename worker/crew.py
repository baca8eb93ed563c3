"""The crew: a worker's executors, taken together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from worker.admission import Admission
from worker.executor_config import ExecutorConfig
from worker.executor_link import ExecutorLink
from worker.identity import announce
from worker.orders import Ended, ExecutorLost, Extend, Order, Started
from worker.retiring import Retiring

START_SECONDS = 15.0


class Crew:
    """Starts and stops the executors, and hands each run to the one with the most room.

    `extend` belongs to any thread, what starts and stops it to the daemon's, the rest to the
    scheduler's.
    """

    name = "executors"

    def __init__(
        self,
        count: int,
        threads: int,
        directory: Path,
        tell: Callable[[Started | Ended | ExecutorLost], None],
        slots: int = 0,
        config: ExecutorConfig | None = None,
        admission: Admission | None = None,
        retiring: Retiring | None = None,
    ) -> None:
        """So many executors with so many threads each; `slots` are how many of all are used.

        `admission` may hold runs back beyond that; what is `retiring` takes part in all but orders.
        """
        self._config = config or ExecutorConfig()
        self._admission = admission
        self._retiring = retiring or Retiring()
        self._retired = False
        self._slots = slots or count * threads
        self._links = [ExecutorLink(n, directory, threads, tell, config) for n in range(count)]
        self._where: dict[str, ExecutorLink] = {}
        self._load = {link.number: 0 for link in self._links}

    @property
    def room(self) -> int:
        """How many more runs can be taken."""
        out = len(self._where) + len(self._retiring)
        free = self._slots - out
        if self._admission is None:
            return free
        return self._admission.room(free, out, [link.pid for link in self._links if link.pid])

    @property
    def short_of(self) -> str:
        """What keeps it from taking runs though threads are free; "" where nothing does."""
        return self._admission.short_of if self._admission else ""

    def start(self) -> None:
        """Start the processes, one after the other; returns when they take runs."""
        announce(self._config)
        for link in self._links:
            link.start(START_SECONDS)

    def ask(self) -> None:
        """Let each end once it is idle, and if nobody has said else, what is kept go on."""
        if not self._retired:
            self.retire(True)
        for link in self._links:
            link.ask()

    def join(self, timeout: float) -> bool:
        """Wait for them; what still runs after `timeout` seconds is ended."""
        deadline = time.monotonic() + timeout
        ended = [link.join(max(0.0, deadline - time.monotonic())) for link in self._links]
        return all(ended)

    def submit_many(self, orders: Sequence[Order]) -> None:
        """Hand over runs; there must be room for all of them."""
        shares: dict[ExecutorLink, list[Order]] = {}
        for order in orders:
            link = min(self._links, key=lambda link: self._load[link.number] / link.threads)
            self._where[order.run_id] = link
            self._load[link.number] += 1
            if self._admission:
                self._admission.handed(order.run_id)
            shares.setdefault(link, []).append(order)
        for link, share in shares.items():
            link.submit_many(share)

    def kill(self, run_id: str, reason: str, at_once: bool = False) -> None:
        """End a run, or keep it from starting; `at_once` without its grace, or the rest of it."""
        link = self._where.get(run_id)
        if link:
            link.kill(run_id, reason, at_once)
        else:
            self._retiring.kill(run_id, reason, at_once)

    def extend(self, incarnation: str, not_after: float) -> None:
        """The incarnation's lease holds until `not_after` (boot seconds): each executor hears so.

        One message for each renewal, whether or not anything runs: orders may be on their way.
        """
        news = Extend(incarnation, not_after)
        for link in self._links:
            link.extend(news)
        self._retiring.extend(news)

    def ack(self, run_ids: tuple[str, ...]) -> None:
        """The ends of these runs are recorded; from any thread."""
        for link in self._links:
            link.ack(run_ids)
        self._retiring.ack(run_ids)

    def retire(self, keep: bool) -> None:
        """Let each end what it has, with `keep` but the runs whose jobs say that they go on."""
        self._retired = True
        for link in self._links:
            link.retire(keep)
        self._retiring.retire(keep)

    def started(self, run_id: str) -> None:
        """The run's command was started."""
        if self._admission:
            self._admission.started(run_id)

    def released(self, run_id: str) -> None:
        """The run's end was heard; its place is free."""
        if self._admission:
            self._admission.over(run_id)
        link = self._where.pop(run_id, None)
        if link:
            self._load[link.number] -= 1
        else:
            self._retiring.released(run_id)
