"""Placement: which rank this worker has for a job, and which jobs that changes for.

Jobs that ask for labels are ranked among the workers that have these; all others by one table.
Owned by the scheduler's thread. Everybody sees the same registrations and so ranks alike; where
views differ for a moment the claim's transaction decides, and it only costs time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache

from common.job import Job
from worker.crowd import Crowd, Where
from worker.members import Member
from worker.planned import Planned
from worker.selection import Selection
from worker.slots import Ranking
from worker.weights import SLOTS, Weights, slot_of

Touched = Mapping[Where, Set[int]]
"""The selectors whose workers are others now, and the slots whose jobs are to be ranked anew."""

DELAYS_MS = (-300, 1000, 2000)
"""When each of the first three looks at an instant: the first claims ahead of it."""
SHARES = (1.0, 0.4, 0.7)
"""No later than when this part of the job's start deadline has passed."""
REMEMBERED = 1024


@lru_cache(maxsize=REMEMBERED)
def delay_ms(rank: int, deadline_seconds: float) -> int:
    """How long (ms) after an instant the worker of this rank looks, for a start deadline."""
    return min(DELAYS_MS[rank], int(SHARES[rank] * int(deadline_seconds * 1000)))


@dataclass(slots=True)
class Chosen:
    """The workers that a selector chooses, and how many rows with it each slot has.

    All that are `eligible` may run its jobs; those that are `ready`, where any are, are ranked.
    """

    own: Selection
    ready: frozenset[str]
    eligible: frozenset[str]
    slots: Counter[int] = field(default_factory=Counter)


class Placement:
    """Ranks the members that take runs: those with room, or all of them when none has any.

    This worker counts from its own registration on, also while the watch has not shown that yet.
    Where nobody may run a job, all that are registered are ranked for it: nobody runs it then, and
    the first records that.
    """

    def __init__(self, me: str, labels: Mapping[str, str] | None = None) -> None:
        self._me = Member(me, labels=labels or {})
        self._weights = Weights()
        self._crowd = Crowd()
        self._ranking = Ranking(self._weights)
        self._everyone = Selection(self._weights)
        self._chosen: dict[Where, Chosen] = {}
        self._eligible: frozenset[str] = frozenset()
        self._is_ahead = False
        self._last_order: tuple[tuple[int, Where], tuple[str, ...]] | None = None

    @property
    def me(self) -> str:
        """This worker's name."""
        return self._me.name

    @property
    def takes_none(self) -> bool:
        """Whether this worker is registered as one that takes no runs."""
        me = self._crowd.members.get(self.me)
        return me is not None and me.draining

    @property
    def members(self) -> int:
        """How many workers of ours are registered."""
        return len(self._crowd.members)

    def rank(self, job: str, where: Where = ()) -> int | None:
        """This worker's rank for a job: 0, 1, 2, or None where others come before it."""
        return self.rank_in(slot_of(job), where)

    def rank_in(self, slot: int, where: Where = ()) -> int | None:
        """This worker's rank for the jobs of a slot that ask for such workers."""
        if not where:
            return self._ranking.rank(slot, self._me.name)
        chosen = self._chosen.get(where) or self._choose(where)
        table = chosen.own if chosen.eligible else self._everyone
        return table.rank(slot, self.me)

    def order(self, slot: int, where: Where = ()) -> tuple[str, ...]:
        """All that may run such jobs of a slot, with room or without, the first of them first."""
        asked = (slot, where)
        if self._last_order is None or self._last_order[0] != asked:
            workers = self.eligible(where)
            # Of one job's shares each asks for the same.
            self._last_order = asked, self._weights.heaviest(workers, slot, len(workers))
        return self._last_order[1]

    def may_run(self, where: Where = ()) -> bool | None:
        """Whether this worker is one of those that may run such jobs; None: not known yet."""
        return self.me in self.eligible(where) if self.me in self._crowd.members else None

    def eligible(self, where: Where = ()) -> frozenset[str]:
        """Those that may run jobs with this `where`, with or without room; none may be."""
        if not where:
            return self._eligible
        chosen = self._chosen.get(where)
        return chosen.eligible if chosen else self._crowd.eligible(where)

    def whose(self, job: Planned, share: str, instead: bool = False) -> str | None:
        """Who is to go on with a run that waits here: "" this worker, another one's incarnation.

        None: nobody that is there. A share of a job on all hosts is its own worker's alone. Who is
        to do it `instead` of this worker has room; where nobody has, it stays.
        """
        where, own = job.terms.where, job.terms.hosts == "all" and share
        order = self.order(slot_of(job.name), where)
        able = [name for name in order if not own or name == share]
        if not instead and (self.me in able or self.me not in self._crowd.members):
            return ""
        members = [self._crowd.members[name] for name in able if name != self.me]
        there = (each.incarnation for each in members if each.room or not instead)
        return next((each for each in there if each), "" if instead else None)

    def is_eligible(self, job: Job) -> bool:
        """Whether any registered worker may run this job; to be asked for each job anew."""
        return bool(self.eligible(job.where))

    def nobody(self, where: Where) -> str:
        """Why no registered worker may run such jobs, as a record's reason says it."""
        return self._crowd.nobody(where)

    def use(self, where: Where, slot: int) -> None:
        """A job with this `where` is in the slot: what `seen` gives tells of it from now on."""
        if not where:
            return
        chosen = self._chosen.get(where)
        if chosen is None:
            chosen = self._chosen[where] = self._choose(where)
        chosen.slots[slot] += 1

    def release(self, where: Where, slot: int) -> None:
        """That job is there no more."""
        chosen = self._chosen.get(where)
        if chosen is None:
            return
        chosen.slots[slot] -= 1
        if chosen.slots[slot] <= 0:
            del chosen.slots[slot]
            chosen.own.forget(slot)
        if not chosen.slots:
            del self._chosen[where]

    def registered(self, draining: bool = False) -> Touched:
        """This worker is registered, and about to be seen; gives what `seen` gives."""
        self._me = replace(self._me, draining=draining)
        self._is_ahead = self.me not in self._crowd.members
        return self.seen(tuple(self._crowd.members.values()))

    def seen(self, members: Iterable[Member]) -> Touched:
        """These are registered and no others; what is to be ranked anew."""
        now = {member.name: member for member in members}
        if self.me in now:
            self._is_ahead = False
        elif self._is_ahead:
            now[self.me] = self._me
        self._last_order = None
        self._crowd.become(now.values())
        self._weights.keep(now.keys())
        touched = self._deal()
        return {where: slots for where, slots in touched.items() if slots is not None}

    def _deal(self) -> Mapping[Where, Set[int] | None]:
        everyone = self._everyone.become(self._crowd.everyone)
        touched: dict[Where, Set[int] | None] = {(): self._deal_all()}
        for where, chosen in self._chosen.items():
            touched[where] = self._deal_one(where, chosen, everyone)
        if all(chosen.eligible for chosen in self._chosen.values()):
            self._everyone = Selection(self._weights, self._crowd.everyone)
        return touched

    def _deal_all(self) -> Set[int] | None:
        before, self._eligible = self._eligible, self._crowd.eligible(())
        ready = self._crowd.ready(())
        changed = self._ranking.become(ready or self._crowd.everyone)
        if bool(before) != bool(self._eligible):
            return set(range(SLOTS))
        return changed if changed or before != self._eligible else None

    def _deal_one(self, where: Where, chosen: Chosen, everyone: Set[int]) -> Set[int] | None:
        """The slots that are to be ranked anew; None where the selector's workers are the same."""
        before = chosen.ready, chosen.eligible
        chosen.ready, chosen.eligible = self._crowd.ready(where), self._crowd.eligible(where)
        changed = chosen.own.become(chosen.ready)
        if bool(before[1]) != bool(chosen.eligible):
            return set(chosen.slots)
        if not chosen.eligible:
            return everyone & chosen.slots.keys() or None
        return changed if before != (chosen.ready, chosen.eligible) else None

    def _choose(self, where: Where) -> Chosen:
        ready = self._crowd.ready(where)
        return Chosen(Selection(self._weights, ready), ready, self._crowd.eligible(where))
