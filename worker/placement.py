"""Placement: which rank this worker has for a job, and which jobs that changes for.

Owned by the scheduler's thread. Everybody sees the same registrations and so ranks alike; where
views differ for a moment the claim's transaction decides, and it only costs time.
"""

from __future__ import annotations

from collections.abc import Iterable

from worker.members import Member
from worker.slots import Ranking, slot_of

DELAYS_MS = (-300, 1000, 2000)
"""When each of the first three looks at an instant: the first claims ahead of it."""


class Placement:
    """Ranks the members that take runs: those with room, or all of them when none has any."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._ranking = Ranking()
        self._members: dict[str, Member] = {}

    @property
    def members(self) -> int:
        """How many workers of ours are registered."""
        return len(self._members)

    def rank(self, job: str) -> int | None:
        """This worker's rank for a job: 0, 1, 2, or None where others come before it."""
        return self._ranking.rank(slot_of(job), self._me)

    def seen(self, members: Iterable[Member]) -> set[int]:
        """These are registered and no others; the slots whose first three changed."""
        self._members = {member.name: member for member in members}
        taking = [member for member in self._members.values() if not member.draining]
        roomy = [member for member in taking if member.room] or taking
        return self._ranking.become(member.name for member in roomy or self._members.values())
