"""Admission: no run is begun where processes or descriptors are about to be short."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from common.clock import Clock
from worker.executor_setup import runs_within
from worker.process_limits import Amount, ProcessLimits, descriptor_limits

log = logging.getLogger(__name__)

PART = 0.8
"""So much of a limit may be taken; the rest is for what runs already, and for others."""
PROCESSES_PER_RUN = 2
"""A shell and its command, until what was handed out has started and is counted."""
LOOK_SECONDS = 0.05
"""What was seen is believed for so long, unless a run ends: much may be asked meanwhile."""
RELIEF_SECONDS = 10.0
"""That runs are taken again is said when it has been so for so long."""


class Admission:
    """How many more runs there is enough for. Belongs to the scheduler's thread; nothing polls.

    It looks when it is asked: when runs are to be claimed, once a second, and when one has ended.
    `short_of` says what there was not enough of at the last look, "" for nothing.
    """

    def __init__(
        self, clock: Clock, look: Callable[[Sequence[int]], list[Amount]] | None = None
    ) -> None:
        """`look` tells how much there is of what limits these processes; by default the host."""
        self._clock = clock
        self._look = look or ProcessLimits().look
        self._unstarted: set[str] = set()
        self._next = 0.0
        self._processes = self._descriptors = 0
        self._tightest = Amount("processes", 0, 0)
        self._held_at: float | None = None
        self.short_of = ""

    def room(self, free: int, out: int, pids: Sequence[int]) -> int:
        """How many runs may begin where so many slots are free and so many runs are out.

        `pids` are the executors'.
        """
        if free <= 0 or not pids:
            return free
        now = self._clock.boot()
        if now >= self._next:
            self._measure(pids)
            self._next = now + LOOK_SECONDS
        processes = self._processes // PROCESSES_PER_RUN - len(self._unstarted)
        room = max(0, min(free, processes, self._descriptors - out))
        self._say(room, processes, now)
        return room

    def handed(self, run_id: str) -> None:
        """A run was handed out: what it needs is not there yet to be counted."""
        self._unstarted.add(run_id)

    def started(self, run_id: str) -> None:
        """Its command was started."""
        self._unstarted.discard(run_id)

    def over(self, run_id: str) -> None:
        """A run has ended: look anew."""
        self._unstarted.discard(run_id)
        if self.short_of:
            self._next = 0.0

    def _measure(self, pids: Sequence[int]) -> None:
        amounts = self._look(pids)
        self._tightest = min(amounts, key=_left, default=Amount("processes", 0, 2**22))
        self._processes = _left(self._tightest)
        self._descriptors = sum(runs_within(limit, PART) for limit in descriptor_limits(pids))

    def _say(self, room: int, processes: int, now: float) -> None:
        if room > 0:
            self.short_of = ""
            if self._held_at is not None and now >= self._held_at + RELIEF_SECONDS:
                self._held_at = None
                log.info("there is enough again: runs are taken")
            return
        self.short_of = self._reason(processes)
        if self._held_at is None:
            log.warning("no run is taken until there is more: %s", self.short_of)
        self._held_at = now

    def _reason(self, processes: int) -> str:
        if processes > 0:
            return f"descriptors: the executors may have enough for {self._descriptors} runs"
        used = self._tightest.used + PROCESSES_PER_RUN * len(self._unstarted)
        return f"{self._tightest.what}: {used} of {self._tightest.most}, {PART:.0%} may be taken"


def _left(amount: Amount) -> int:
    return int(PART * amount.most) - amount.used
