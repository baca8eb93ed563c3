"""What a job was before: the versions whose due instants its watermark may still owe.

A save of ours moves the watermark together with the job. Who changes a job by hand, or by the Go
master, does not: then the version that was in force where the watermark stands is looked for, and
what it owed is recorded. Versions are kept until the watermark is known to be that of the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common import keys
from common.moving import Before

VERSIONS, JOBS = 8, 20_000
"""So many versions of a job are kept, the first and the latest; and of so many jobs."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a job was from a revision on; None: it was not there, or could not run.

    `since` 0: its watermark was known to be this version's, at whatever revision it was written.
    """

    since: int
    job: Before | None

    def is_due_as(self, other: Version) -> bool:
        """Whether both are due at the same instants."""
        if self.job is None or other.job is None:
            return self.job is other.job
        return self.job.is_due_as(other.job)


def in_force(versions: Sequence[Version], revision: int) -> Version | None:
    """The version to which a watermark written at this revision belongs; None: not known."""
    return next((each for each in reversed(versions) if each.since <= revision), None)


class Histories:
    """The earlier versions of units whose jobs were changed lately.

    Owned by the scheduler's thread. Most have none. Where there are too many, those that changed
    longest ago are forgotten.
    """

    def __init__(self) -> None:
        self._versions: dict[str, tuple[Version, ...]] = {}
        self._shares: dict[str, tuple[str, str]] = {}

    def of(self, unit: str) -> tuple[Version, ...]:
        """The earlier versions of a unit, oldest first."""
        return self._versions.get(unit, ())

    def add(self, name: str, share: str, *versions: Version) -> None:
        """These of a job's share are over; the middle ones of very many are dropped."""
        unit = keys.unit(name, share)
        known = (*self._versions.pop(unit, ()), *versions)
        self._versions[unit] = (*known[:1], *known[1:][1 - VERSIONS :])
        if share:
            self._shares[unit] = name, share
        if len(self._versions) > JOBS:
            self.forget(next(iter(self._versions)))

    def forget(self, unit: str) -> None:
        """The unit's watermark is that of its job as it is."""
        self._versions.pop(unit, None)
        self._shares.pop(unit, None)

    def gone(self) -> Iterator[tuple[str, str, tuple[Version, ...]]]:
        """Job and share of what was not there or could not run when it was last heard of."""
        return (
            (*self._shares.get(unit, (unit, "")), known)
            for unit, known in self._versions.items()
            if known[-1].job is None
        )
