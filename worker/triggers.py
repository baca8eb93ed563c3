"""Triggers: jobs that somebody asked to run now, until one of the workers has taken each up.

Owned by the scheduler's thread. The first in rank of those that may run it tries at once, the
second and the third a second later each; the transaction decides. One that nobody took up in time,
or whose job is gone, is taken up all the same, as missed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from common import keys
from common.clock import Clock
from common.job import Job
from worker.asked import Asked
from worker.claim import Claim
from worker.events import TriggersSeen
from worker.placement import Placement
from worker.planned import Planned
from worker.resting import DELETED
from worker.retrying import rerun_ms
from worker.rows import Rows
from worker.standing import Standing
from worker.timetable import Moment, Timed, Timetable
from worker.weights import slot_of

log = logging.getLogger(__name__)

DELAYS_MS = (0, 1000, 2000)
"""How long after it came each of the first three in rank tries."""
ROOM_MS, AGAIN_MS, LOOK_MS = 200, 1000, 2000
"""How soon who has no room, whose try failed, and who does not come first looks again."""
GONE = f"{DELETED}, or cannot be read"
NOT_TAKEN = "no worker took it up in time"


@dataclass(slots=True, eq=False)
class Pending(Timed):
    """A trigger that is there, since a moment (boot ms)."""

    asked: Asked
    since_ms: int
    claiming: bool = False
    moment: Moment[Pending] | None = None


@dataclass(frozen=True, slots=True)
class Taking:
    """A claim to be made now; `missed` is "" or why it is only recorded."""

    claim: Claim
    job: Job | None
    missed: str = ""

    @property
    def runs(self) -> int:
        """How many runs it may become: 1, or 0."""
        return 0 if self.missed else 1


class Triggers:
    """The table of triggers; `holds` gives this worker's standing."""

    def __init__(
        self,
        clock: Clock,
        rows: Rows,
        holds: Callable[[], Standing | None],
        placement: Placement,
    ) -> None:
        self._clock = clock
        self._rows = rows
        self._holds = holds
        self._placement = placement
        self._pending: dict[str, Pending] = {}
        self._timetable: Timetable[Pending] = Timetable()

    def __len__(self) -> int:
        return len(self._pending)

    def seen(self, event: TriggersSeen) -> None:
        """Triggers came or went."""
        there = {asked.key: asked for asked in event.there}
        if event.whole:
            for key in self._pending.keys() - there.keys():
                self._remove(key)
        for key, asked in there.items():
            known = self._pending.get(key)
            if known is None or known.asked.revision != asked.revision:
                self._remove(key)
                self._pending[key] = pending = Pending(asked, self._boot_ms())
                self._timetable.set(pending, pending.since_ms)
        for key in event.gone:
            self._remove(key)

    def next_ms(self) -> int | None:
        """When `look` has something to do next, epoch ms by the clock as it is now."""
        at_ms = self._timetable.next_ms()
        return None if at_ms is None else self._clock.wall_ms() + at_ms - self._boot_ms()

    def look(self, now_ms: int, room: int) -> Iterator[Taking]:
        """What is to be claimed now, at most `room` runs."""
        boot_ms = self._boot_ms()
        while (pending := self._timetable.pop_due(boot_ms)) is not None:
            taking = self._decide(pending, now_ms, boot_ms, room)
            if taking:
                pending.claiming = True
                room -= taking.runs
                yield taking

    def settled(self, claim: Claim) -> None:
        """It is taken up, by this worker or another; or it changed, which the watch tells."""
        pending = self._of(claim)
        if pending:
            self._remove(pending.asked.key)

    def again(self, claim: Claim) -> None:
        """The claim could not be made; it is tried again soon."""
        pending = self._of(claim)
        if pending:
            pending.claiming = False
            self._timetable.set(pending, self._boot_ms() + AGAIN_MS)

    def _of(self, claim: Claim) -> Pending | None:
        """The trigger of a claim, as it was then."""
        pending = self._pending.get(keys.trigger(claim.name, claim.manual))
        return pending if pending and pending.asked.revision == claim.asked else None

    def _remove(self, key: str) -> None:
        pending = self._pending.pop(key, None)
        if pending:
            self._timetable.remove(pending)

    def _decide(self, pending: Pending, now_ms: int, boot_ms: int, room: int) -> Taking | None:
        """What it becomes now; None where it is looked at later again."""
        standing, job = self._holds(), self._rows.planned(pending.asked.name)
        missed = self._missed(pending.asked, job, now_ms)
        rank = self._rank(pending.asked, None if missed else job)
        # At a start jobs are read after triggers: this one may be there all the same.
        unread = missed == GONE and not self._rows.is_listed
        if rank is None or standing is None or unread:
            self._later(pending, now_ms, boot_ms, LOOK_MS)
        elif boot_ms < pending.since_ms + DELAYS_MS[rank]:
            self._timetable.set(pending, pending.since_ms + DELAYS_MS[rank])
        elif room <= 0 and not missed:
            self._later(pending, now_ms, boot_ms, ROOM_MS)
        else:
            claim = _claim(pending.asked, job, standing, now_ms, missed)
            return Taking(claim, job.job() if job and not missed else None, missed)
        return None

    def _later(self, pending: Pending, now_ms: int, boot_ms: int, wait_ms: int) -> None:
        """Look again after so long, or when it is too late if that is sooner."""
        left = pending.asked.trigger.until + 1 - now_ms
        self._timetable.set(pending, boot_ms + (min(wait_ms, left) if left > 0 else wait_ms))

    def _missed(self, asked: Asked, job: Planned | None, now_ms: int) -> str:
        """Why it is not run any more; "" where it is to be run."""
        trigger = asked.trigger
        if now_ms <= trigger.until:
            return DELETED if job is None else ""
        if job is None:
            return GONE
        if not self._placement.is_eligible(job.terms):
            return self._placement.nobody(job.terms.where)
        where = trigger.worker or trigger.host
        return f"{where} did not take it up in time" if where else NOT_TAKEN

    def _rank(self, asked: Asked, job: Planned | None) -> int | None:
        """This worker's rank among those that may run it; without a job, among all."""
        trigger, slot, me = asked.trigger, slot_of(asked.name), self._placement.me
        if job is None:
            return self._placement.rank_in(slot)
        where = job.terms.where + ((f"host={trigger.host}",) if trigger.host else ())
        if not self._placement.may_run(where) or trigger.worker not in ("", me):
            return None
        if trigger.worker:
            return 0
        if not trigger.share.isdecimal():
            return self._placement.rank_in(slot, where)
        order = self._placement.order(slot, where)
        place = (order.index(me) - int(trigger.share)) % len(order)
        return place if place < len(DELAYS_MS) else None

    def _boot_ms(self) -> int:
        return int(self._clock.boot() * 1000)


def _claim(
    asked: Asked, job: Planned | None, standing: Standing, now_ms: int, missed: str
) -> Claim:
    trigger = asked.trigger
    return Claim(
        name=asked.name,
        job_revision=job.revision if job else 0,
        command=job.command if job else "",
        fired=0,
        plan_time=trigger.at,
        incarnation=standing.incarnation,
        lease=standing.lease,
        locks=job is not None and job.terms.overlap != "allow",
        gap=None,
        following=(job.schedule.next_after(now_ms) or 0) if job else 0,
        share=trigger.share,
        manual=asked.identity,
        by=trigger.by,
        overlap=job.terms.overlap if job else "skip",
        rerun_ms=rerun_ms(job.terms, 0) if job else None,
        asked=asked.revision,
        any_job=missed == GONE,
    )
