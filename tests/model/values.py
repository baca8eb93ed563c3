"""What stands under the keys of a world's store."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.model.jobs import Job

NOBODY = "-"
GO = ""
"""The registration of a Go worker says nothing."""
WAITING, RUNNING, ENDED = "waiting", "running", "ended"
SUCCESS, FAILED, KILLED, UNKNOWN = "success", "failed", "killed", "unknown"
NOT_STARTED, SKIPPED, MISSED, LOST = "not_started", "skipped_overlap", "missed", "lost"


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed for a run. `job` is the job as it was claimed, `manual` a trigger's id or "".

    `lost` is the mark of a run that outlived its lease: whoever records it keeps that.
    """

    job: Job
    unit: str
    due: int
    incarnation: str
    state: str = RUNNING
    outcome: str = ""
    gap: tuple[int, ...] = ()
    attempt: int = 0
    manual: str = ""
    start_by: int = 0
    delay: int = 0
    until: int = 0
    lost: bool = False

    def ended(self, outcome: str) -> Owed:
        """The same, ended so."""
        return replace(self, state=ENDED, outcome=outcome)


def owed_at(job: Job, unit: str, due: int, incarnation: str, since: int) -> Owed:
    """What a claim owes whose start deadline counts from `since`."""
    return Owed(job, unit, due, incarnation, start_by=since + job.start_deadline)


def same_claim(there: Owed, meant: Owed) -> bool:
    """Whether the key says what we would write: then it was us, and the answer was lost."""
    return (there.state, there.incarnation, there.outcome, there.due) == (
        meant.state,
        meant.incarnation,
        meant.outcome,
        meant.due,
    )


@dataclass(frozen=True, slots=True)
class Lock:
    """Which run holds it, "" for a Go worker's; `ended`: it is over, and the lock kept a while."""

    run: str
    incarnation: str
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A wall clock as it was told to others: one that arrives late looks slow."""

    offset: int
    sent: int

    def arrived(self, now: int) -> Told:
        """As others read it from now on."""
        return replace(self, offset=self.offset - (now - self.sent), sent=now)


@dataclass(frozen=True, slots=True)
class Registration(Told):
    """A worker's registration."""

    draining: bool
    room: bool
    incarnation: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Run a job now; `at` and `until` are of a master's wall clock."""

    identity: str
    at: int
    until: int
    job: Job


@dataclass(frozen=True, slots=True)
class Killer:
    """End runs of a job: all ("") or one."""

    run: str
