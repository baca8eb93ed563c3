"""What the watch shows, as the scheduler hears it: jobs, workers, kills and triggers."""

from __future__ import annotations

from dataclasses import dataclass

from worker.asked import Asked
from worker.members import Member
from worker.planned import Planned


@dataclass(frozen=True, slots=True)
class JobSaved:
    """A job that can run is there."""

    job: Planned


@dataclass(frozen=True, slots=True)
class JobsSaved:
    """Jobs that can run are there, as they were found together; `more` are being read.

    The last of the first list may have none: it tells that all were seen.
    """

    jobs: tuple[Planned, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class JobGone:
    """A job went at this revision, or became one that cannot run (`deleted` False)."""

    name: str
    revision: int
    deleted: bool = True


@dataclass(frozen=True, slots=True)
class WorkersSeen:
    """All workers of ours that are registered now."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class KillAsked:
    """Runs of the job claimed before this revision are to end; all, or the one that is named."""

    name: str
    revision: int
    run_id: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class TriggersSeen:
    """Triggers that are there, and keys of those that went; `whole`: there are no others."""

    there: tuple[Asked, ...]
    gone: tuple[str, ...] = ()
    whole: bool = False
