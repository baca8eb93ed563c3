"""The claim's transactions, as plain records: what is compared, what is written, what is read.

Nothing here speaks to a store or reads a clock. The rules are numbered in the README.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from common.owed import ENDED, RUNNING, Gap, Owed, pack
from common.record import MISSED, RAN_ELSEWHERE, SKIPPED_OVERLAP, sentence
from common.store import (
    Absent,
    Compare,
    Delete,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
    ValueIs,
)
from common.watermark import pack_watermark

CATCH_UP = "catch-up"
COMMAND_CHARACTERS = 4096
"""So much of a command is kept in the key; a record made from the key alone shows no more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One due instant that a worker wants: all that its transaction says.

    `fired` is what the worker believes the watermark to be; times are epoch ms. `following` is
    when the job is due after that, 0 where nobody knows.
    """

    name: str
    job_revision: int
    command: str
    fired: int
    plan_time: int
    incarnation: str
    lease: int
    locks: bool
    gap: Gap | None
    caught_up: bool = False
    following: int = 0

    @property
    def run_id(self) -> str:
        """The run id of the instant."""
        return keys.run_id(self.name, self.plan_time)

    @property
    def run_key(self) -> str:
        """Where what is owed for the instant lies."""
        return keys.run(self.name, self.run_id)

    def owed(self) -> Owed:
        """What the claim owes from now on: a run."""
        return Owed(
            state=RUNNING,
            incarnation=self.incarnation,
            plan_time=self.plan_time,
            attempt=0,
            job_revision=self.job_revision,
            gap=self.gap,
            command=self.command[:COMMAND_CHARACTERS],
            trigger=CATCH_UP if self.caught_up else "",
        )


def claim_of(name: str, owed: Owed, locks: bool) -> Claim:
    """The claim that left this under its key, as far as its end needs it."""
    return Claim(
        name, owed.job_revision, owed.command, 0, owed.plan_time, owed.incarnation, 0, locks,
        owed.gap, owed.trigger == CATCH_UP,
    )  # fmt: skip


def missed_owed(claim: Claim, reason: str) -> Owed:
    """What is owed for an instant that is too late to run: a record of that."""
    return replace(claim.owed(), state=ENDED, outcome=MISSED, err=sentence(reason), reason=reason)


def settle(claim: Claim, owed: Owed) -> Transaction:
    """Move the watermark to an instant that is only recorded; locks do not matter."""
    then: tuple[Operation, ...] = (
        Put(keys.fired(claim.name), pack_watermark(claim.plan_time)),
        Put(claim.run_key, pack(owed)),
    )
    return Transaction(_compares(claim), then, _reads(claim))


def lock_value(claim: Claim) -> bytes:
    """What our lock says: who holds it, for which run."""
    return f"{claim.run_id} {claim.incarnation}".encode("utf-8", "surrogateescape")


def run_of_lock(name: str, value: bytes) -> str:
    """The run of the job that holds its lock; "" where no worker of ours took it (as Go's)."""
    run_id, _, incarnation = value.decode("utf-8", "surrogateescape").partition(" ")
    return run_id if incarnation and run_id.startswith(f"{name}@") else ""


def _compares(claim: Claim) -> tuple[Compare, ...]:
    return (
        RevisionIs(keys.job(claim.name), claim.job_revision),
        ValueIs(keys.fired(claim.name), pack_watermark(claim.fired)),
        Exists(keys.alive(claim.incarnation)),
    )


def _reads(claim: Claim) -> tuple[Operation, ...]:
    return (
        Read(keys.job(claim.name)),
        Read(keys.fired(claim.name)),
        Read(keys.lock(claim.name)),
        Read(claim.run_key),
        Read(keys.alive(claim.incarnation)),
    )


def take(claim: Claim) -> Transaction:
    """Take the instant: it moves the watermark, leaves what is owed, and holds the lock."""
    compares = _compares(claim)
    then: tuple[Operation, ...] = (
        Put(keys.fired(claim.name), pack_watermark(claim.plan_time)),
        Put(claim.run_key, pack(claim.owed())),
    )
    if claim.locks:
        compares += (Absent(keys.lock(claim.name)),)
        then += (Put(keys.lock(claim.name), lock_value(claim), claim.lease),)
    return Transaction(compares, then, _reads(claim))


def skip_owed(claim: Claim, holder: bytes) -> Owed:
    """What is owed for an instant at which the job is still running: a record of that."""
    running = run_of_lock(claim.name, holder)
    if running:
        outcome, reason = SKIPPED_OVERLAP, f"{running} was still running"
    else:
        outcome, reason = RAN_ELSEWHERE, "another system's worker held the job's lock"
    return replace(claim.owed(), state=ENDED, outcome=outcome, err=reason, reason=reason)


def skip(claim: Claim, owed: Owed) -> Transaction:
    """Settle the instant as skipped, if the lock is held still."""
    settled = settle(claim, owed)
    return replace(settled, compares=(*settled.compares, Exists(keys.lock(claim.name))))


def free(lock: Entry) -> Transaction:
    """Remove a lock that hangs on no lease: no worker, ours or a Go one, ever left it."""
    return Transaction((RevisionIs(lock.key, lock.revision),), (Delete(lock.key),))


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a run that we hold: `revision` is that of its key as we left it."""

    name: str
    run_id: str
    incarnation: str
    revision: int
    owed: Owed

    @property
    def run_key(self) -> str:
        """Where the run's key lies."""
        return keys.run(self.name, self.run_id)

    @property
    def owed_lost(self) -> Owed:
        """What the key says where our incarnation was over before the run."""
        return replace(self.owed, lost=True)


def finish(asked: Finish, unlock: bool, goes: bool = False) -> Transaction:
    """Write the end and, with `unlock`, let go of the lock that the same claim took.

    The key `goes` at once where the log store has the record already.
    """
    compares: tuple[Compare, ...] = (
        RevisionIs(asked.run_key, asked.revision),
        Exists(keys.alive(asked.incarnation)),
    )
    then: tuple[Operation, ...] = (Put(asked.run_key, pack(asked.owed)),)
    if goes:
        then = (Delete(asked.run_key),)
    if unlock:
        compares += (RevisionIs(keys.lock(asked.name), asked.revision),)
        then += (Delete(keys.lock(asked.name)),)
    reads = (Read(asked.run_key), Read(keys.alive(asked.incarnation)))
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
    return Transaction(compares, (put,), (Read(asked.run_key),))


def take_over(key: str, revision: int, dead: str, owed: Owed) -> Transaction:
    """Make a dead incarnation's key ours, as `owed` says, if nobody else did."""
    compares = (Absent(keys.alive(dead)), RevisionIs(key, revision))
    return Transaction(compares, (Put(key, pack(owed)),))


def acknowledge(key: str, revision: int) -> Transaction:
    """Drop what was owed: the log store has the record."""
    return Transaction((RevisionIs(key, revision),), (Delete(key),))
