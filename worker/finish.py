"""The transactions at a run's end: what is compared and written, as plain records.

Nothing here speaks to a store or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from common.owed import Owed, pack
from common.store import (
    Absent,
    Compare,
    Delete,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
    ValueIs,
)
from worker.claim import Claim
from worker.retrying import Retry


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a run of a unit that we hold: `revision` is that of its key as we left it.

    `retry` is the attempt that follows it: its key comes into being by the same transaction.
    """

    name: str
    unit: str
    run_id: str
    incarnation: str
    revision: int
    owed: Owed
    retry: Retry | None = None

    @classmethod
    def of(cls, claim: Claim, revision: int, owed: Owed, retry: Retry | None = None) -> Finish:
        """The end of a claimed run."""
        run = (claim.name, claim.unit, claim.run_id, claim.incarnation)
        return cls(*run, revision, owed, retry)

    @property
    def run_key(self) -> str:
        """Where the run's key lies."""
        return keys.run(self.name, self.run_id)

    @property
    def owed_lost(self) -> Owed:
        """What the key says where our incarnation was over before the run."""
        return replace(self.owed, lost=True)


def finish(asked: Finish, unlock: bool, goes: bool = False, mark: Put | None = None) -> Transaction:
    """Write the end and, with `unlock`, let go of the lock that the same claim took.

    The key `goes` at once where the log store has the record already. With a `mark` the lock is
    kept for a while, as that says.
    """
    run_key, alive = asked.run_key, keys.alive(asked.incarnation)
    compares: tuple[Compare, ...] = (RevisionIs(run_key, asked.revision), Exists(alive))
    then: tuple[Operation, ...] = (
        Delete(run_key) if goes else Put(run_key, pack(asked.owed)),
        *_again(asked),
    )
    if unlock:
        compares += (RevisionIs(keys.lock(asked.unit), asked.revision),)
        then += (mark or Delete(keys.lock(asked.unit)),)
    reads: tuple[Operation, ...] = (Read(run_key), Read(alive))
    if asked.retry:
        reads += (Read(asked.retry.run_key),)
    return Transaction(compares, then, reads)


def finish_lost(asked: Finish) -> Transaction:
    """Write the end of a run whose incarnation is over; another may have started the next.

    The mark goes into the key, for somebody else may have to record it.
    """
    compares = (
        RevisionIs(asked.run_key, asked.revision),
        Absent(keys.alive(asked.incarnation)),
    )
    put = Put(asked.run_key, pack(asked.owed_lost))
    return Transaction(compares, (put, *_again(asked)), (Read(asked.run_key),))


def take_over(
    key: str, revision: int, dead: str, owed: Owed, retry: Retry | None = None, kill: int = 0
) -> Transaction:
    """Make a dead incarnation's key ours, as `owed` says, if nobody else did.

    With `retry` a run that was lost is followed by another attempt, if no kill was asked for since
    that of the revision `kill` (0: none is known).
    """
    compares: tuple[Compare, ...] = (Absent(keys.alive(dead)), RevisionIs(key, revision))
    then: tuple[Put, ...] = (Put(key, pack(owed)),)
    reads: tuple[Operation, ...] = (Read(key),)
    if retry:
        compares += (RevisionIs(keys.killer(retry.name), kill),)
        then += (Put(retry.run_key, pack(retry.owed)),)
        reads += (Read(keys.killer(retry.name)),)
    return Transaction(compares, then, reads)


def _again(asked: Finish) -> tuple[Put, ...]:
    return (Put(asked.retry.run_key, pack(asked.retry.owed)),) if asked.retry else ()


def acknowledge(key: str, revision: int) -> Transaction:
    """Drop what was owed: the log store has the record."""
    return Transaction((RevisionIs(key, revision),), (Delete(key),))


def remove_kept(key: str, value: bytes) -> Transaction:
    """Remove a lock that is kept after its run's end, unless a claim has taken it over."""
    return Transaction((ValueIs(key, value),), (Delete(key),))
