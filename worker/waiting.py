"""The waiting table: runs that are ours and wait for their turn, until it is theirs.

A run waits until another of its unit is over, or a retry until its delay is. Owned by the
scheduler's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from common.clock import Clock
from worker.asks import Ask, Turn, Turns
from worker.claim import Claim
from worker.events import KillAsked
from worker.kills import Kills, is_meant, why_killed
from worker.planned import Planned
from worker.recent import Recent
from worker.relief import Relief
from worker.resting import DELETED
from worker.standing import Standing
from worker.turns import NOBODY, UNRUNNABLE, calling_off, turning, why_not
from worker.waiter import AGAIN_SECONDS, Queue, Waiter
from worker.waits import Turned, Unturned, Waits

log = logging.getLogger(__name__)

STRANGE_SECONDS = 60.0
"""So long a run waits for its job to be planned, or for a worker that may run it."""


class Waiting:
    """Tries whose turn it is; what may not run any more is called off.

    `planned` gives a job as it is now, `holds` the worker's standing, and `whose` says who may run
    it: "" this worker, another's incarnation, None nobody; asked with True, who runs it instead of
    this worker, if anybody.
    """

    def __init__(
        self,
        clock: Clock,
        ask: Callable[[Ask], None],
        planned: Callable[[str], Planned | None],
        holds: Callable[[], Standing | None],
        kills: Kills,
        whose: Callable[[Claim, bool], str | None] = lambda claim, instead: "",
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._planned = planned
        self._holds = holds
        self._kills = kills
        self._whose = whose
        self._queue = Queue()
        self._over: Recent[int] = Recent()
        self._relief = Relief(clock, self._queue, planned, holds, whose)
        self.turning = 0

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._queue

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, event: Waits) -> None:
        """A run waits from now on; its delay is counted from now."""
        claim = event.claim
        if claim.run_id in self._queue and self._queue.get(claim.run_id).turning:
            return
        if self._over.get(claim.run_id) == event.revision:
            return
        delay = (event.owed.delay_ms or 0) / 1000
        log.info("job=%s run=%s: waits, %s", claim.name, claim.run_id, event.owed.reason)
        waiter = Waiter(replace(claim, locks=False), event.revision, event.created, event.owed)
        now, planned = self._clock.boot(), self._planned(claim.name)
        waiter.due = now + delay
        # Whether its job was deleted or paused while the attempt before it ran, or before a run by
        # hand, is seen before its delay ends.
        other = planned is None or planned.created > claim.job_revision or planned.terms.paused
        self._queue.put(waiter, now if other else waiter.due)
        why = self._kills.reason(claim.name, claim.run_id, event.created)
        if why:
            self._call_off(waiter, why)

    def next_at(self) -> float | None:
        """When `look` has something to do next (boot seconds) if there is room; None: nothing."""
        return self._queue.next_at()

    def look(self, now_ms: int, room: int) -> None:
        """Try those whose turn it may be, at most so many as there is room for.

        What another worker is to go on with needs no room here.
        """
        turns: list[Turn] = []
        while len(turns) < room and (waiter := self._queue.pop(self._clock.boot())):
            turn = self._turn(waiter, now_ms)
            if turn:
                turns.append(turn)
        turns += self._relieved(False)
        if turns:
            self._ask(Turns(tuple(turns)))

    def pass_on(self) -> None:
        """Let others with room go on with those whose turn it may be: this worker runs none now."""
        turns = self._relieved(True)
        if turns:
            self._ask(Turns(tuple(turns)))

    def freed(self, units: Iterable[str]) -> None:
        """Runs of these units are over: somebody's turn may have come."""
        now = self._clock.boot()
        for unit in units:
            for waiter in self._queue.of_unit(unit):
                if not waiter.turning and waiter.tried:
                    self._queue.put(waiter, max(now, waiter.due))

    def turned(self, event: Turned) -> Waiter | None:
        """The waiter whose turn came, with what it was called off for, if it was."""
        waiter = self._answered(event.claim)
        if waiter:
            self._queue.remove(waiter)
        return waiter

    def unturned(self, event: Unturned) -> None:
        """It goes on waiting, unless it is ours no more or may not run any more."""
        waiter = self._answered(event.claim)
        if waiter is None:
            return
        if event.moved:
            log.info("run=%s: another worker goes on with it", event.claim.run_id)
            self._queue.remove(waiter)
        elif waiter.off or event.deleted:
            self._call_off(waiter, waiter.off or DELETED)
        else:
            self._again(waiter)

    def kill(self, event: KillAsked) -> None:
        """Call off what a kill means."""
        for waiter in self._queue.of_job(event.name):
            if is_meant(event, waiter.claim.run_id, waiter.created):
                self._call_off(waiter, why_killed(event))

    def gone(self, name: str, deleted: bool) -> None:
        """A job was deleted, or cannot run: nothing of it waits any more."""
        for waiter in self._queue.of_job(name):
            self._call_off(waiter, DELETED if deleted else UNRUNNABLE)

    def saved(self, name: str, now_ms: int) -> None:
        """A job is another now: call off what may not run any more."""
        job = self._planned(name)
        for waiter in self._queue.of_job(name) if job else ():
            why = why_not(waiter.claim, job, now_ms) if job else ""
            if why:
                self._call_off(waiter, why)

    def _answered(self, claim: Claim) -> Waiter | None:
        self.turning -= 1
        if claim.run_id not in self._queue:
            return None
        waiter = self._queue.get(claim.run_id)
        waiter.turning = False
        return waiter

    def _turn(self, waiter: Waiter, now_ms: int) -> Turn | None:
        """What lets it run as its job is now; None where it cannot be asked for, or never will."""
        standing, planned = self._holds(), self._planned(waiter.claim.name)
        waiter.crowded = 0.0
        if standing is None:
            self._again(waiter)
            return None
        if waiter.claim.incarnation != standing.incarnation:
            self._queue.remove(waiter)
            return None
        to = self._whose(waiter.claim, False)
        off = why_not(waiter.claim, planned, now_ms) if planned else ""
        early = self._clock.boot() < waiter.due
        why = off or ("" if early else self._why_alone(waiter, planned, to))
        if why:
            self._call_off(waiter, why)
            return None
        if to is None or (early and planned):
            self._again(waiter)
            return None
        waiter.job = planned.job() if planned else None
        waiter.ask()
        self.turning += 1
        if to:
            return Turn(waiter.claim, waiter.revision, waiter.owed, to)
        return Turn(turning(waiter.claim, planned, standing), waiter.revision)

    def _relieved(self, instead: bool) -> list[Turn]:
        """What lets others go on with some of those that wait."""
        turns = self._relief.turns(instead)
        self.turning += len(turns)
        return turns

    def _again(self, waiter: Waiter) -> None:
        self._queue.put(waiter, max(waiter.due, self._clock.boot() + AGAIN_SECONDS))

    def _why_alone(self, waiter: Waiter, planned: Planned | None, to: str | None) -> str:
        """Why it waits no longer, since its job or who may run it is not there; or ""."""
        if planned and to is not None:
            waiter.strange = 0.0
            return ""
        now = self._clock.boot()
        waiter.strange = waiter.strange or now
        if now <= waiter.strange + STRANGE_SECONDS:
            return ""
        return NOBODY if planned else UNRUNNABLE

    def _call_off(self, waiter: Waiter, why: str) -> None:
        """End what waits, by its key: whoever took it over meanwhile goes on with it."""
        if waiter.turning:
            waiter.off = why
            return
        self._queue.remove(waiter)
        claim = waiter.claim
        log.info("job=%s run=%s: not started: %s", claim.name, claim.run_id, why)
        self._over[claim.run_id] = waiter.revision
        self._ask(calling_off(claim, waiter.revision, why))
