"""A job of a world: due every so many milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

from tests.model.clock import END, LAST_DUE, START_DEADLINE

Timing = tuple[int, int, int]
FOR_EVER = END


@dataclass(frozen=True, slots=True)
class Job:
    """What the store holds of a job. `length` is about how long its command takes, in ms.

    `rests_until` is where its pause ends: 0 where it is not paused, `FOR_EVER` without an end.
    `weight` stands for how big its keys are: what one batch holds is limited.
    """

    name: str
    period: int
    phase: int
    overlap: str
    catch_up: str
    retries: int
    rerun_lost: bool
    length: int
    hosts: int = 1
    rests_until: int = 0
    weight: int = 1
    start_deadline: int = START_DEADLINE

    @property
    def locks(self) -> bool:
        """Whether its runs hold a lock."""
        return self.overlap != "allow"

    def units(self) -> tuple[str, ...]:
        """What is claimed by itself: the job, or each of the hosts that run it."""
        if self.hosts == 1:
            return (self.name,)
        return tuple(f"{self.name}#{k}" for k in range(self.hosts))

    def due(self, after: int, until: int) -> list[int]:
        """The due instants t with after < t <= until; none lies within its pause."""
        after = max(after, self.rests_until - 1)
        first = (after - self.phase) // self.period + 1
        last = (min(until, LAST_DUE) - self.phase) // self.period
        return [self.phase + i * self.period for i in range(first, last + 1)]


def of_unit(job: Job | None, unit: str) -> Job | None:
    """What a job is to one of its units; None where it has no such unit."""
    return job if job and unit in job.units() else None


def units_of(*jobs: Job | None) -> tuple[str, ...]:
    """The units of all these versions of a job."""
    return tuple(dict.fromkeys(unit for job in jobs if job for unit in job.units()))


def share_of(unit: str) -> int | None:
    """The number of a job's share; None for a job on any host."""
    share = unit.partition("#")[2]
    return int(share) if share else None


def timing(job: Job | None) -> Timing | None:
    """When a job is due; None when it is not there."""
    return None if job is None else (job.period, job.phase, job.rests_until)
