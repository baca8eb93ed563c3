"""The scheduler: one thread that owns the plan and the running table, and hears everything.

Its inbox is unbounded, and never long: each job has at most one claim and one adoption under way,
each run says two things, and the watch brings one event for each change.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from common.counts import count_of
from common.trusted_clock import TrustedClock
from worker.dispatch import Dispatch
from worker.events import Event, Woken
from worker.inheritance import Inheritance
from worker.leaving import Leaving
from worker.plan import Plan
from worker.presence import Presence
from worker.pulse import Pulse
from worker.runs import Runs
from worker.vacancy import Vacancy
from worker.waiting import Waiting
from worker.waves import WAVE_SECONDS, Waves

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""A wait is no longer than this while something may change of which no event tells."""
CALM_SECONDS = 30.0
"""So long otherwise; other clocks, by which ours is trusted, are forgotten without an event."""
NEAR_SECONDS = 1.0
"""What is due later is looked at again before, for a clock that is put right goes faster."""
GRACE_AT_STOP_SECONDS = 15.0
"""A stop gives no run more than this between TERM and KILL."""
KILL_AT_STOP_SECONDS = 3.0
"""So long after KILL nothing of a run should be left."""
FORMER_AT_STOP_SECONDS = 5.0
"""So long a stop waits to hear what a former life left."""
CLAIMS_AT_STOP_SECONDS = 3.0
"""So long a stop waits for claims under way when nothing runs any more."""


class Scheduler:
    """The body of the scheduler's thread; `inbox` takes events from any thread."""

    name = "scheduler"

    def __init__(
        self,
        clock: TrustedClock,
        plan: Plan,
        runs: Runs,
        leaving: Leaving,
        waiting: Waiting,
        inheritance: Inheritance,
        presence: Presence,
        pulse: Pulse,
        inbox: queue.SimpleQueue[Event],
        stop_timeout: float,
    ) -> None:
        self.inbox = inbox
        self._clock = clock
        self._plan = plan
        self._runs = runs
        self._leaving = leaving
        self._waiting = waiting
        self._inheritance = inheritance
        self._presence = presence
        self._pulse = pulse
        self._stop_timeout = stop_timeout
        self._dispatch = Dispatch(clock, plan, runs, waiting, inheritance, presence)
        self._hurried = threading.Event()
        self._vacancy = Vacancy(clock, self._publish)
        self._waves = Waves(clock)
        self._has_room = True

    def step(self) -> None:
        """Handle what came, then look at what is due, if our clock is to be trusted."""
        self._listen(self._pause())
        now_ms = self._clock.trusted_ms()
        if now_ms is not None:
            self._look(now_ms)
        else:
            # Others need not wait a second each time to see that its clock is not trusted.
            self._vacancy.close()
            self._waiting.pass_on()
        if self._plan.takes_none and not (self._presence.rests or self._is_ahead()):
            self._presence.rest()

    def _look(self, now_ms: int) -> None:
        """Let in what may run now; what there is room for is found out once, which costs."""
        room, out = self._runs.room, len(self._runs)
        self._waiting.look(now_ms, self._free(room))
        free = self._free(room)
        self._plan.look(now_ms, self._waves.room(free, room + out, self._plan.crowded))
        free = self._free(room)
        self._vacancy.look(free, room + out)
        self._has_room = free > 0

    def _is_ahead(self) -> bool:
        """Whether something that was taken is still to start."""
        taking = self._plan.under_way.runs + self._waiting.turning
        return taking > 0 or not all(run.started for run in self._runs.out())

    def _free(self, room: int) -> int:
        return room - self._plan.under_way.runs - self._waiting.turning

    def _publish(self, room: bool) -> None:
        self._presence.publish(room, "" if room else self._runs.short_of)

    def wake(self) -> None:
        """End the wait."""
        self.inbox.put(Woken())

    def hurry(self) -> None:
        """Let a stop give runs no more time to end by themselves."""
        self._hurried.set()
        self.inbox.put(Woken())

    def close(self) -> None:
        """Start nothing more; let runs end, then end them; every one is recorded, but those with
        which a next life goes on.
        """
        self._end_runs()
        self._leaving.retire()
        if len(self._runs) or len(self._inheritance):
            self._presence.leave_runs()
        self._pulse.rest()

    def _end_runs(self) -> None:
        self._dispatch.stop()
        self._plan.jobs.stop()
        self._presence.drain()
        self._leaving.begin()
        self._hear_of_former()
        if awaited := self._leaving.awaited:
            log.info(
                "waiting %g s for %s to end; another signal ends what is left",
                self._stop_timeout,
                count_of(awaited, "run"),
            )
        if self._drain(self._stop_timeout, self._hurried.is_set):
            return
        self._leaving.end()
        if self._drain(min(self._leaving.longest_grace(), GRACE_AT_STOP_SECONDS) + 2.0):
            return
        self._leaving.end_at_once()
        if not self._drain(KILL_AT_STOP_SECONDS):
            runs = count_of(self._leaving.awaited, "run")
            log.error("%s did not end: to be recorded as lost", runs)

    def _hear_of_former(self) -> None:
        """What executors of a former life have is to be ended as well: hear what that is.

        Where it cannot be heard they are ended all the same, and a next life hears the ends.
        """
        until = self._clock.boot() + FORMER_AT_STOP_SECONDS
        ends = not self._leaving.keeps and self._presence.await_ready(0.0)
        while ends and not self._inheritance.is_known:
            left = until - self._clock.boot()
            if left <= 0 or self._hurried.is_set():
                return
            self._listen(min(left, LOOK_SECONDS))

    def _drain(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Handle events until nothing awaited runs and no claim is open, at most so long.

        What is due meanwhile is left to others; where there are none it is recorded in time.
        """
        until = self._clock.boot() + seconds
        claims_until = self._clock.boot() + min(seconds, CLAIMS_AT_STOP_SECONDS)
        while (awaited := self._leaving.awaited) or self._plan.under_way or self._waiting.turning:
            left = (until if awaited else claims_until) - self._clock.boot()
            if left <= 0 or enough():
                return not awaited
            self._listen(min(left, LOOK_SECONDS))
            self._waiting.pass_on()
            if (now_ms := self._clock.trusted_ms()) is not None:
                self._plan.look(now_ms, 0)
        return True

    def _pause(self) -> float:
        at, now_ms = self._plan.next_ms(), self._clock.trusted_ms()
        longest = self._runs.begun.wait(self._longest(now_ms is not None))
        turn = self._waiting.next_at() if self._has_room and now_ms is not None else None
        if turn is not None:
            longest = min(longest, max(0.0, turn - self._clock.boot()))
        if at is None or now_ms is None:
            return longest
        left = max((at - now_ms) / 1000, 0.0)
        return min(left if left <= NEAR_SECONDS else 0.9 * left, longest)

    def _longest(self, trusted: bool) -> float:
        """How long a wait may be, whatever the agenda says: a step of the clock is an event."""
        if self._plan.crowded and self._has_room:
            return WAVE_SECONDS
        waiting = self._plan.crowded or len(self._waiting)
        stirring = waiting or self._vacancy.settles or self._runs.short_of
        return LOOK_SECONDS if stirring or not trusted else CALM_SECONDS

    def _listen(self, seconds: float) -> None:
        """Handle the events there are, at most as many as there were; wait for the first."""
        self._pulse.pause(seconds)
        try:
            first = self.inbox.get(block=seconds > 0, timeout=seconds or None)
        except queue.Empty:
            self._pulse.beat()
            self._runs.begun.note()
            return
        self._pulse.beat()
        with self._runs.together():
            self._dispatch.handle(first)
            self._runs.begun.note()
            for _ in range(self.inbox.qsize()):
                self._dispatch.handle(self.inbox.get_nowait())
                self._pulse.beat()
