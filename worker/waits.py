"""What the scheduler hears of runs that wait for their turn."""

from __future__ import annotations

from dataclasses import dataclass

from common.owed import Owed
from worker.claim import Claim, claim_of, job_and_run


@dataclass(frozen=True, slots=True)
class Waits:
    """A run is ours and waits for its turn; its key is at `revision` and was `created` at one.

    By a claim whose instant is settled so, or else a retry of ours or what a dead worker left.
    """

    claim: Claim
    owed: Owed
    revision: int
    created: int
    settled: bool = False


def waits_by(key: str, owed: Owed, revision: int, created: int) -> Waits:
    """What waits by what its key alone says."""
    name, run_id = job_and_run(key)
    return Waits(claim_of(name, run_id, owed, locks=False), owed, revision, created)


@dataclass(frozen=True, slots=True)
class Turned:
    """It is a waiting run's turn: it is to be started. `fence` is the revision of the turn."""

    claim: Claim
    fence: int


@dataclass(frozen=True, slots=True)
class Unturned:
    """It is not, or not for certain; `moved`: its key is not as we left it, or not ours.

    `deleted` says that the job is gone.
    """

    claim: Claim
    moved: bool = False
    deleted: bool = False
