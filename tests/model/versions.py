"""When each version of a job was in force, by the watermarks that were written.

A version is in force from the watermark that was written when it was saved to the one written
when it was replaced. A change by hand moves no watermark: it counts from where a worker then moved
it, and where nothing else fails the version before counts up to there. Else nobody may have known
that version any more, and it counts up to the watermark before. Where a claim under the changed
job came first, that one counts from the watermark before the claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.model.clock import END
from tests.model.jobs import Job, timing


@dataclass(frozen=True, slots=True)
class Version:
    """A job, or None where nothing is due, from a watermark on."""

    begin: int
    job: Job | None


@dataclass(slots=True)
class Unit:
    """One unit's versions; changes by hand that are not settled yet; instants that may be recorded.

    `calm`: nothing fails, so that every change by hand is made good.
    """

    calm: bool
    versions: list[Version] = field(default_factory=list)
    pending: list[Job | None] = field(default_factory=list)
    optional: set[int] = field(default_factory=set)

    @property
    def job(self) -> Job | None:
        """What is in force."""
        return self.versions[-1].job if self.versions else None

    def begin(self, at: int, job: Job | None) -> None:
        """This version is in force from the watermark `at` on."""
        self.pending.clear()
        self.versions.append(Version(at, job))

    def changed_by_hand(self, job: Job | None) -> None:
        """The job was put or deleted, and no watermark moved."""
        self.pending.append(job)

    def claimed(self, before: int) -> bool:
        """A claim moved the watermark from here; whether a change by hand is in force by it."""
        return self._settle(before)

    def moved(self, before: int, at: int) -> None:
        """A worker moved the watermark, and no due instant was claimed by that."""
        if self.calm:
            self._settle(at)
        elif self.pending:
            for job in (self.job, *self.pending):
                self.optional.update(job.due(before, at) if job and timing(job) else ())
            job = self.pending[-1]
            self.begin(before, None)
            self.begin(at, job)

    def due(self) -> Iterator[int]:
        """Every due instant of every version while it was in force."""
        for version, following in pairwise([*self.versions, Version(END, None)]):
            if version.job and timing(version.job):
                yield from version.job.due(version.begin, following.begin)

    def _settle(self, at: int) -> bool:
        changed = bool(self.pending) and timing(self.pending[-1]) != timing(self.job)
        if changed:
            self.begin(at, self.pending[-1])
        self.pending.clear()
        return changed
