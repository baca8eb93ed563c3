"""The claim's transactions, as plain records: what is compared, what is written, what is read.

Nothing here speaks to a store or reads a clock. The rules are numbered in docs/design.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from common import keys, lock
from common.owed import COMMAND_CHARACTERS, ENDED, RUNNING, Gap, Owed, pack
from common.record import MISSED, code_of, sentence
from common.store import (
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

CATCH_UP, RETRY, MANUAL = "catch-up", "retry", "manual"


class _Named:
    """Keeps the names that are made of a claim's fields, since they are asked for often."""

    __slots__ = ("_run_id", "_run_key", "_unit")
    _run_id: str
    _run_key: str
    _unit: str


@dataclass(frozen=True, slots=True)
class Claim(_Named):
    """One due instant that a worker wants: all that its transaction says.

    `fired` is what the worker believes the watermark to be; times are epoch ms. `following` is
    when the job is due after that, 0 where nobody knows. `share` is that of a job on several
    hosts; `attempt`, `manual` and `by` are those of a run that no schedule asked for. `overlap` is
    the job's, `waited` says that it stood in line for its turn, and `rerun_ms` how long after it
    was lost it is run again, None for never. `asked` is the revision of the trigger that a claim
    takes up, in place of a watermark that it moves; with `any_job` whatever its job is.
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
    share: str = ""
    attempt: int = 0
    manual: str = ""
    by: str = ""
    overlap: str = "skip"
    waited: bool = False
    rerun_ms: int | None = None
    asked: int = 0
    any_job: bool = False

    @property
    def counts_from_now(self) -> bool:
        """Whether its start deadline counts from when it may start, and not from its instant."""
        return bool(self.caught_up or self.waited or self.attempt or self.manual)

    @property
    def unit(self) -> str:
        """What is claimed: the job, or its share."""
        known: str | None = getattr(self, "_unit", None)
        return known or self._keep("_unit", keys.unit(self.name, self.share))

    @property
    def run_id(self) -> str:
        """The run id of the instant."""
        known: str | None = getattr(self, "_run_id", None)
        if known:
            return known
        run_id = keys.run_id(self.unit, self.plan_time, self.manual, self.attempt)
        return self._keep("_run_id", run_id)

    @property
    def run_key(self) -> str:
        """Where what is owed for the instant lies."""
        known: str | None = getattr(self, "_run_key", None)
        return known or self._keep("_run_key", keys.run(self.name, self.run_id))

    def _keep(self, slot: str, name: str) -> str:
        object.__setattr__(self, slot, name)
        return name

    @property
    def trigger(self) -> str:
        """What asked for it, as its record says; "" where the schedule did."""
        if self.attempt:
            return RETRY
        if self.manual:
            return MANUAL
        return CATCH_UP if self.caught_up else ""

    def owed(self, state: str = RUNNING, **ended: Any) -> Owed:
        """What the claim owes from now on: a run, or what became of it as `ended` says."""
        return Owed(
            state=state,
            incarnation=self.incarnation,
            plan_time=self.plan_time,
            attempt=self.attempt,
            job_revision=self.job_revision,
            gap=self.gap,
            command=self.command[:COMMAND_CHARACTERS],
            trigger=self.trigger,
            by=self.by,
            rerun_ms=self.rerun_ms,
            **ended,
        )


def claim_of(name: str, run_id: str, owed: Owed, locks: bool) -> Claim:
    """The claim that left this under its key, as far as its end needs it."""
    said = keys.read_run_id(name, run_id) or keys.RunName(name, "", owed.plan_time)
    return Claim(
        name=name,
        job_revision=owed.job_revision,
        command=owed.command,
        fired=0,
        plan_time=said.plan_time,
        incarnation=owed.incarnation,
        lease=0,
        locks=locks,
        gap=owed.gap,
        caught_up=owed.trigger == CATCH_UP,
        share=said.share,
        attempt=said.attempt,
        manual=said.manual,
        by=owed.by,
        rerun_ms=owed.rerun_ms,
    )


def missed_owed(claim: Claim, reason: str) -> Owed:
    """What is owed for an instant that is too late to run: a record of that."""
    said, code = sentence(reason), code_of(reason)
    return replace(claim.owed(), state=ENDED, outcome=MISSED, err=said, reason=code)


def settle(claim: Claim, owed: Owed) -> Transaction:
    """Move the watermark to an instant that is only recorded; locks do not matter."""
    compares, taking, reads = _terms(claim)
    return Transaction(compares, (taking, Put(claim.run_key, pack(owed))), reads)


def lock_value(claim: Claim) -> bytes:
    """What our lock says: who holds it, for which run."""
    return lock.held(claim.run_id, claim.incarnation)


def job_and_run(key: str) -> tuple[str, str]:
    """The job and the run id that a run's key names; "" for a foreign one."""
    return keys.split_run(key) or ("", "")


def run_of_key(key: str) -> str:
    """The run id alone."""
    return job_and_run(key)[1]


def _terms(claim: Claim) -> tuple[tuple[Compare, ...], Operation, tuple[Operation, ...]]:
    """What must hold, what lets nobody else make the claim, and what is read where it is lost.

    Nobody else makes it once the watermark has moved, or the trigger is gone.
    """
    job, alive = keys.job(claim.name), keys.alive(claim.incarnation)
    if claim.asked:
        place = keys.trigger(claim.name, claim.manual)
        unmoved: Compare = RevisionIs(place, claim.asked)
        taking: Operation = Delete(place)
    else:
        place = keys.fired(claim.unit)
        unmoved = ValueIs(place, pack_watermark(claim.fired))
        taking = Put(place, pack_watermark(claim.plan_time))
    compares: tuple[Compare, ...] = (unmoved, Exists(alive))
    if not claim.any_job:
        compares = (RevisionIs(job, claim.job_revision), *compares)
    lock_key = keys.lock(claim.unit)
    reads = (Read(job), Read(place), Read(lock_key), Read(claim.run_key), Read(alive))
    return compares, taking, reads


def take(claim: Claim, kept: Entry | None = None) -> Transaction:
    """Take the instant: it moves the watermark, leaves what is owed, and holds the lock.

    A lock that is only `kept` after its run's end is taken over as it was seen.
    """
    compares, taking, reads = _terms(claim)
    then: tuple[Operation, ...] = (taking, Put(claim.run_key, pack(claim.owed())))
    if claim.locks:
        compares += (lock.unheld(claim.unit, kept),)
        then += (Put(keys.lock(claim.unit), lock_value(claim), claim.lease),)
    return Transaction(compares, then, reads)


def free(entry: Entry) -> Transaction:
    """Remove a lock that hangs on no lease: no worker, ours or a Go one, ever left it."""
    return Transaction((RevisionIs(entry.key, entry.revision),), (Delete(entry.key),))
