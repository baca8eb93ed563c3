"""What the claimer is asked to do, in the order in which it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from common import keys
from common.owed import Owed
from worker.claim import Claim
from worker.finish import Finish
from worker.history import Version


@dataclass(frozen=True, slots=True)
class Take:
    """Claim a due instant; answered by Won, Passed, LockHeld, Skipped, Waits or Dropped.

    `missed` is "" or why the instant is only recorded, not run. `look` where another worker comes
    first: only see whether it was taken; answered by Passed, Untaken or Dropped.
    """

    claim: Claim
    missed: str = ""
    look: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Let a waiting run run, as the claim says, while its key is at this revision.

    Or let the incarnation `to` go on with it, which may run it: it is then waiting as `owed`; where
    it says `unlocked` only if its lock is free.
    """

    claim: Claim
    revision: int
    owed: Owed | None = None
    to: str = ""
    unlocked: bool = False


@dataclass(frozen=True, slots=True)
class Turns:
    """Try whose turn it is; each is answered by Turned or Unturned."""

    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Write the end of a run that we hold; `unlock` where its claim took the lock.

    `wanted_ms` is when the job is due next (epoch ms) and wants the lock; 0 where nobody knows.
    With `files` its records are made of its key, once it is written by us and by nobody else.
    Where it is `told` an executor told it, and keeps it until it is written and recorded; on disk
    where it is `durable`.
    """

    finish: Finish
    unlock: bool
    wanted_ms: int = 0
    files: bool = False
    told: bool = False
    durable: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """Ends of former lives are told again, whose runs the store says are over: their records come
    from the spool, and not from their keys. They are told of before what is asked later; after the
    `last` of them a key that is not known is recorded by what it says.
    """

    run_ids: tuple[str, ...]
    last: bool = False


@dataclass(frozen=True, slots=True)
class KeysAlone:
    """What was to be recorded of these runs nobody has any more but their keys, where they stand.

    `told` where that is an end that an executor told and keeps until it is recorded.
    """

    run_ids: tuple[str, ...]
    told: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """The log store has the records of these run keys, and of these runs what executors told."""

    run_keys: tuple[str, ...]
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopt:
    """Find (or make) the watermark of a unit as of this revision of its job; answered by Adopted.

    `versions` are those that were seen since its watermark was last known, the present one last;
    none where only that was seen. A change by hand or by the Go master moves the watermark as a
    save of ours would have. So does a job that was `created` (a revision) after its watermark last
    moved: that one is of a job that went unseen. `stood` is where it was seen before
    (epoch ms), or 0.
    """

    name: str
    job_revision: int
    versions: tuple[Version, ...] = ()
    created: int = 0
    stood: int = 0
    share: str = ""

    @property
    def unit(self) -> str:
        """What the watermark is of."""
        return keys.unit(self.name, self.share) if self.share else self.name


@dataclass(frozen=True, slots=True)
class Adopts:
    """Find the watermarks of jobs that were found together."""

    jobs: tuple[Adopt, ...]


@dataclass(frozen=True, slots=True)
class Retire:
    """A unit is over at this revision: its watermark is kept for a day, and what it owed.

    `versions` as for Adopt. Its job was deleted, or is as at `job_revision` and runs there no more.
    Answered by Retired unless the job is another by then.
    """

    name: str
    revision: int
    versions: tuple[Version, ...] = ()
    share: str = ""
    job_revision: int = 0

    @property
    def unit(self) -> str:
        """What the watermark is of."""
        return keys.unit(self.name, self.share)


@dataclass(frozen=True, slots=True)
class Settle:
    """An incarnation is over, and this worker comes first for what it owed.

    Or it is our own: what waited at another worker was handed over to it.
    """

    dead: str


@dataclass(frozen=True, slots=True)
class Nudge:
    """Nothing but an end of the wait."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Claims, or ends, that were decided on at once; each is answered by itself."""

    asks: tuple[Take | End, ...]


Ask = (
    Take
    | End
    | Asks
    | Turns
    | Before
    | KeysAlone
    | Recorded
    | Adopt
    | Adopts
    | Retire
    | Settle
    | Nudge
)
