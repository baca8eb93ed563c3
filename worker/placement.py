"""Placement: which rank this worker has for a job, and which jobs that changes for.

Owned by the scheduler's thread. Everybody sees the same registrations and so ranks alike; where
views differ for a moment the claim's transaction decides, and it only costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from common.job import Job
from worker.members import Member
from worker.slots import SLOTS, Ranking, slot_of, weights

DELAYS_MS = (-300, 1000, 2000)
"""When each of the first three looks at an instant: the first claims ahead of it."""
SHARES = (1.0, 0.4, 0.7)
"""No later than when this part of the job's start deadline has passed."""
REMEMBERED = 1024


@lru_cache(maxsize=REMEMBERED)
def delay_ms(rank: int, deadline_seconds: float) -> int:
    """How long (ms) after an instant the worker of this rank looks, for a start deadline."""
    return min(DELAYS_MS[rank], int(SHARES[rank] * int(deadline_seconds * 1000)))


_weights = lru_cache(maxsize=REMEMBERED)(weights)


class Placement:
    """Ranks the members that take runs: those with room, or all of them when none has any.

    This worker counts from its own registration on, also while the watch has not shown that yet.
    Where nobody may run a job, all that are registered are ranked for it: nobody runs it then, and
    the first records that.
    """

    def __init__(self, me: str) -> None:
        self.me = self._me = me
        self._ranking = Ranking()
        self._members: dict[str, Member] = {}
        self._is_anybody = False
        self._is_ahead = False

    @property
    def members(self) -> int:
        """How many workers of ours are registered."""
        return len(self._members)

    def rank(self, job: str) -> int | None:
        """This worker's rank for a job: 0, 1, 2, or None where others come before it."""
        return self.rank_in(slot_of(job))

    def rank_in(self, slot: int) -> int | None:
        """This worker's rank for the jobs of a slot."""
        return self._ranking.rank(slot, self._me)

    def is_eligible(self, job: Job) -> bool:
        """Whether any registered worker may run this job; to be asked for each job anew."""
        return self._is_anybody

    def may_run(self, where: Sequence[str]) -> bool | None:
        """Whether this worker is one of those that may run such a job; None: not known yet."""
        mine = self._members.get(self.me)
        return None if mine is None else not mine.draining

    def order(self, slot: int, where: Sequence[str]) -> Sequence[str]:
        """All that may run such a job of a slot, with room or without, the first of them first."""
        taking = [member.name for member in self._members.values() if not member.draining]
        return sorted(taking, key=lambda name: (-_weights(name)[slot], name))

    def registered(self) -> set[int]:
        """This worker is registered, and about to be seen; gives what `seen` gives."""
        self._is_ahead = self._me not in self._members
        return self.seen(tuple(self._members.values()))

    def seen(self, members: Iterable[Member]) -> set[int]:
        """These are registered and no others; the slots whose jobs are to be ranked anew."""
        self._members = {member.name: member for member in members}
        if self._me in self._members:
            self._is_ahead = False
        elif self._is_ahead:
            self._members[self._me] = Member(self._me)
        taking = [member for member in self._members.values() if not member.draining]
        roomy = [member for member in taking if member.room] or taking
        before, self._is_anybody = self._is_anybody, bool(taking)
        changed = self._ranking.become(member.name for member in roomy or self._members.values())
        return changed if before == self._is_anybody else set(range(SLOTS))
