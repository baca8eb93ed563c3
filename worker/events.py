"""What the scheduler hears: one inbox of these, whoever says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.owed import Owed
from common.store import Entry
from worker.claim import Claim
from worker.ends_told import EndsTold
from worker.hello import Held
from worker.news import JobGone, JobSaved, JobsSaved, KillAsked, TriggersSeen, WorkersSeen
from worker.orders import Ended, ExecutorLost, Started
from worker.waits import Turned, Unturned, Waits


@dataclass(frozen=True, slots=True)
class Adopted:
    """The watermarks (epoch ms) of units, each as of a revision of its job."""

    watermarks: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Retired:
    """The watermarks of units that are over rest; the revision at which each was."""

    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Won:
    """A claim is ours: its run is to be started. `fence` is the revision of the claim."""

    claim: Claim
    fence: int


@dataclass(frozen=True, slots=True)
class Passed:
    """A claim is not ours: the watermark is at `fired`, by whomever. None: it is not there."""

    claim: Claim
    fired: int | None


@dataclass(frozen=True, slots=True)
class Untaken:
    """A look found that nobody has taken the instant: the watermark is where we believed it."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class LockHeld:
    """The lock is held and the instant still to come, or what stood in the way has gone."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Skipped:
    """The claim is ours, and it says that the instant is skipped; `owed` is what was written."""

    claim: Claim
    owed: Owed


@dataclass(frozen=True, slots=True)
class Dropped:
    """The claim cannot be made as it is: the job changed, or our lease ended meanwhile."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Found:
    """Keys under /cron/runs/ that name our incarnation and are not over, with what they say."""

    entries: tuple[tuple[Entry, Owed], ...]


@dataclass(frozen=True, slots=True)
class EndsWritten:
    """The store says of these runs that they are over."""

    run_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inherited:
    """The runs that a former life claimed under our incarnation and of which no end was written.

    Each with its claim's revision. Told once, before anything is claimed or found in this life.
    `strays` are runs (job and fence by run id) of earlier incarnations by this worker's name:
    others settle them, and only what is alive of them here is ended.
    """

    runs: tuple[tuple[Claim, int], ...] = ()
    strays: tuple[tuple[str, tuple[str, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Resumed:
    """An executor of a former life has these runs still; how they end will be told."""

    runs: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class FormerKnown:
    """Of every executor of former lives it was told by now what it has and has ended; but where
    they are not the `whole`, others live with which this life cannot speak.
    """

    whole: bool = True


@dataclass(frozen=True, slots=True)
class FormerOver:
    """Nothing is left alive of these runs of former lives, and no end of them will be told.

    `started` are those that did start.
    """

    run_ids: frozenset[str]
    started: frozenset[str]


@dataclass(frozen=True, slots=True)
class Arisen:
    """A new incarnation of this worker lives; what it claims hangs on this lease.

    One that is `draining` takes nothing, though it is registered.
    """

    incarnation: str
    lease: int
    draining: bool = False


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """This incarnation is over: it claims and starts nothing any more."""

    incarnation: str


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing but an end of the wait."""


Event = (
    JobSaved
    | JobsSaved
    | JobGone
    | KillAsked
    | TriggersSeen
    | WorkersSeen
    | Adopted
    | Retired
    | Won
    | Passed
    | Untaken
    | LockHeld
    | Skipped
    | Waits
    | Turned
    | Unturned
    | Dropped
    | Found
    | EndsWritten
    | Inherited
    | Resumed
    | FormerKnown
    | FormerOver
    | Arisen
    | LeaseLost
    | Started
    | Ended
    | EndsTold
    | ExecutorLost
    | Woken
)

__all__ = [
    "Adopted",
    "Arisen",
    "Dropped",
    "Ended",
    "EndsTold",
    "EndsWritten",
    "Event",
    "ExecutorLost",
    "FormerKnown",
    "FormerOver",
    "Found",
    "Inherited",
    "JobGone",
    "JobSaved",
    "JobsSaved",
    "KillAsked",
    "LeaseLost",
    "LockHeld",
    "Passed",
    "Resumed",
    "Retired",
    "Skipped",
    "Started",
    "TriggersSeen",
    "Untaken",
    "Woken",
    "Won",
    "WorkersSeen",
]
