"""What becomes of a run that waits, as transactions: its turn comes, or another goes on with it."""

from __future__ import annotations

from dataclasses import replace

from common import keys
from tests.model.host import Held
from tests.model.locks import unheld
from tests.model.rules import Rule, Rules
from tests.model.transactions import (
    Compare,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from tests.model.values import Lock, Owed


def turning(
    held: Held, owed: Owed, job_revision: int, lease: int, rules: Rules, kept: Entry | None = None
) -> Transaction:
    """Let it run, as `owed` says: it takes the lock, or one over that is only `kept`."""
    run_key = keys.run(owed.job.name, held.run)
    compares: tuple[Compare, ...] = (
        RevisionIs(run_key, held.revision),
        RevisionIs(keys.job(owed.job.name), job_revision),
        Exists(keys.alive(owed.incarnation)),
    )
    then: tuple[Operation, ...] = (Put(run_key, owed),)
    if owed.job.locks:
        lock = keys.lock(owed.unit)
        then += (Put(lock, Lock(held.run, owed.incarnation), lease),)
        compares += unheld(owed.unit, kept, rules)
    reads = (
        Read(run_key),
        Read(keys.lock(owed.unit)),
        Read(keys.job(owed.job.name)),
        Read(keys.alive(owed.incarnation)),
    )
    return Transaction(compares, then, reads, owed.job.weight)


def handing_over(held: Held, to: str, rules: Rules, unlocked: bool = False) -> Transaction:
    """Let another living incarnation go on with it, which finds it as its own.

    Where it only wants room, it waits there for nothing else: its lock is `unlocked`.
    """
    run_key, alive = keys.run(held.owed.job.name, held.run), keys.alive(to)
    compares: tuple[Compare, ...] = ()
    if rules.on(Rule.HAND_OVER_COMPARE):
        compares += (RevisionIs(run_key, held.revision),)
    if rules.on(Rule.HAND_OVER_ALIVE):
        compares += (Exists(alive),)
    if unlocked:
        compares += unheld(held.owed.unit, None, rules)
    put = Put(run_key, replace(held.owed, incarnation=to, delay=0))
    return Transaction(compares, (put,), (Read(run_key), Read(alive)))
