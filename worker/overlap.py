"""What becomes of a run whose job is still running: it is skipped, or waits for its turn.

The transactions as plain records, like those of a claim.
"""

from __future__ import annotations

from dataclasses import replace

from common import keys, lock
from common.owed import ENDED, WAITING, Owed, pack
from common.record import RAN_ELSEWHERE, SKIPPED_OVERLAP
from common.store import (
    Compare,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from worker.claim import Claim, lock_value, settle


def skip_owed(claim: Claim, holder: bytes, waiting: str = "") -> Owed:
    """What is owed for a run that is skipped since the job still runs: a record of that.

    `holder` is the value of the lock, `waiting` the run that waits for its end already, if any.
    """
    running = lock.run_of(claim.unit, holder)
    if running:
        outcome, reason = SKIPPED_OVERLAP, f"{running} was still running"
        reason += f", and {waiting} waited already" if waiting else ""
    else:
        outcome, reason = RAN_ELSEWHERE, "another system's worker held the job's lock"
    return replace(claim.owed(), state=ENDED, outcome=outcome, err=reason, reason=reason)


def skip(claim: Claim, owed: Owed) -> Transaction:
    """Settle the instant as skipped, if the lock is held still."""
    settled = settle(claim, owed)
    return replace(settled, compares=(*settled.compares, Exists(keys.lock(claim.unit))))


def yield_owed(claim: Claim, waiting: str) -> Owed:
    """What is owed for an instant before which another run still waits: a record of that."""
    reason = f"{waiting} was still waiting for its turn"
    return replace(claim.owed(), state=ENDED, outcome=SKIPPED_OVERLAP, err=reason, reason=reason)


def give_way(claim: Claim, owed: Owed, waiting: Entry, kept: Entry | None = None) -> Transaction:
    """Settle the instant as skipped, if one that waits before it still does, for a free lock.

    A lock that is only `kept` after its run's end is as free; it is left as it was seen.
    """
    settled = settle(claim, owed)
    unturned = (RevisionIs(waiting.key, waiting.revision), lock.unheld(claim.unit, kept))
    return replace(settled, compares=(*settled.compares, *unturned))


def wait_owed(claim: Claim, running: str) -> Owed:
    """What is owed for a run that waits until this other run of its unit is over."""
    return replace(claim.owed(), state=WAITING, reason=f"{running} is still running")


def wait(claim: Claim, owed: Owed, kill: tuple[Put, ...] = ()) -> Transaction:
    """Let the instant wait, or be skipped as `owed` says, if the lock is held still.

    `kill` ends who holds it.
    """
    waiting = skip(claim, owed)
    return replace(waiting, then=(*waiting.then, *kill))


def turn(claim: Claim, revision: int, kept: Entry | None = None) -> Transaction:
    """Let a run that waits under this revision of its key run: it takes the lock.

    A lock that is only `kept` after its run's end is taken over as it was seen.
    """
    compares: tuple[Compare, ...] = (
        RevisionIs(claim.run_key, revision),
        RevisionIs(keys.job(claim.name), claim.job_revision),
        Exists(keys.alive(claim.incarnation)),
    )
    then: tuple[Operation, ...] = (Put(claim.run_key, pack(claim.owed())),)
    if claim.locks:
        compares += (lock.unheld(claim.unit, kept),)
        then += (Put(keys.lock(claim.unit), lock_value(claim), claim.lease),)
    reads = (
        Read(claim.run_key),
        Read(keys.lock(claim.unit)),
        Read(keys.job(claim.name)),
        Read(keys.alive(claim.incarnation)),
    )
    return Transaction(compares, then, reads)


def hand_over(run_key: str, revision: int, owed: Owed, to: str, unit: str = "") -> Transaction:
    """Let another living incarnation go on with what waits here; it finds it as its own.

    With a `unit` only while the lock of that is free.
    """
    compares: tuple[Compare, ...] = (RevisionIs(run_key, revision), Exists(keys.alive(to)))
    if unit:
        compares += (lock.unheld(unit),)
    mine = replace(owed, incarnation=to, delay_ms=None)
    reads = (Read(run_key), Read(keys.alive(to)))
    return Transaction(compares, (Put(run_key, pack(mine)),), reads)
