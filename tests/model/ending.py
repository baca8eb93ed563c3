"""The end of a run that is ours as transactions: what is compared and written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from tests.model.host import Held
from tests.model.rules import Rule, Rules
from tests.model.transactions import (
    Absent,
    Compare,
    Delete,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
)
from tests.model.values import Owed


@dataclass(frozen=True, slots=True)
class Ending:
    """What a key that we hold becomes, or that it goes at once, and the retry that follows."""

    held: Held
    owed: Owed
    goes: bool
    retry: tuple[str, Owed] | None

    @property
    def owed_lost(self) -> Owed:
        """What the key becomes where our incarnation is over."""
        return replace(self.owed, lost=True)

    @property
    def run_key(self) -> str:
        """Where the run's key lies."""
        return keys.run(self.owed.job.name, self.held.run)

    @property
    def alive_key(self) -> str:
        """What stands for the incarnation that held it."""
        return keys.alive(self.held.owed.incarnation)

    @property
    def lock_key(self) -> str:
        """Where its lock lies."""
        return keys.lock(self.owed.unit)


def finishing(ending: Ending, unlock: bool, rules: Rules, mark: Put | None = None) -> Transaction:
    """Write the end and, with `unlock`, let go of the lock that the run took, or `mark` it."""
    compares: tuple[Compare, ...] = ()
    then = _then(ending, rules)
    if rules.on(Rule.FINISH_COMPARE):
        compares += (RevisionIs(ending.run_key, ending.held.revision),)
    if rules.on(Rule.FINISH_ALIVE):
        compares += (Exists(ending.alive_key),)
    if unlock:
        then += (mark or Delete(ending.lock_key),)
    if unlock and rules.on(Rule.LOCK_OWN):
        compares += (RevisionIs(ending.lock_key, ending.held.revision),)
    reads: tuple[Operation, ...] = (Read(ending.run_key), Read(ending.alive_key))
    if ending.retry:
        run, owed = ending.retry
        reads += (Read(keys.run(owed.job.name, run)),)
    return Transaction(compares, then, reads, ending.owed.job.weight)


def finishing_lost(ending: Ending, rules: Rules) -> Transaction:
    """Write the end of a run whose incarnation is over: its lock went with that.

    The mark goes into the key, for somebody else may have to record it.
    """
    compares = (RevisionIs(ending.run_key, ending.held.revision), Absent(ending.alive_key))
    then = _then(replace(ending, owed=ending.owed_lost, goes=False), rules)
    if not rules.on(Rule.LOCK_OWN):
        then += (Delete(ending.lock_key),)
    return Transaction(compares, then, (Read(ending.run_key),))


def acknowledging(run_key: str, revision: int) -> Transaction:
    """Drop what was owed: the log store has the record."""
    return Transaction((RevisionIs(run_key, revision),), (Delete(run_key),))


def _then(ending: Ending, rules: Rules) -> tuple[Operation, ...]:
    then: tuple[Operation, ...] = (Put(ending.run_key, ending.owed),)
    if ending.goes:
        then = (Delete(ending.run_key),)
    if ending.retry and rules.on(Rule.RETRY_KEY):
        run, owed = ending.retry  # found by the search as a key of ours
        then += (Put(keys.run(owed.job.name, run), owed),)
    return then
