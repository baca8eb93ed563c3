"""The transactions by which a master saves, pauses, deletes and triggers jobs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from tests.model.adoption import accounted, moved
from tests.model.clock import DAY
from tests.model.jobs import Job, of_unit, timing, units_of
from tests.model.rules import Rule, Rules
from tests.model.transactions import (
    Absent,
    Compare,
    Delete,
    Entry,
    Operation,
    Put,
    RevisionIs,
    Transaction,
    ValueIs,
)
from tests.model.values import NOBODY, NOT_STARTED, Trigger, owed_at
from tests.model.view import View, trigger_key

TRIGGER_LASTS = 40_000


@dataclass(frozen=True, slots=True)
class Edit:
    """A job as a master saw it, None if it was not there, and what it is to become."""

    name: str
    view: View
    after: Job | None

    @property
    def before(self) -> Job | None:
        """The job as it was seen."""
        return self.view.job(self.name)

    @property
    def revision(self) -> int:
        """That of the job as it was seen, 0 if it was not there."""
        entry = self.view.get(keys.job(self.name))
        return entry.revision if entry else 0

    @property
    def put(self) -> Operation:
        """The job's own write."""
        key = keys.job(self.name)
        return Put(key, self.after) if self.after else Delete(key)

    def units(self) -> tuple[str, ...]:
        """The units whose watermarks it may move."""
        return units_of(self.before, self.after)


def by_hand(edit: Edit) -> Transaction:
    """What somebody writes who knows of no watermark: a Go master, or a hand."""
    return Transaction((), (edit.put,))


def saving(edit: Edit, wall: int, rules: Rules) -> Transaction:
    """What our master writes: the job and, where instants change, the watermarks."""
    compares: tuple[Compare, ...] = (RevisionIs(keys.job(edit.name), edit.revision),)
    then: tuple[Operation, ...] = (edit.put,)
    accounts = rules.on(Rule.SAVE_ACCOUNTS)
    for unit in edit.units() if edit.after or accounts else ():
        if timing(of_unit(edit.before, unit)) != timing(of_unit(edit.after, unit)):
            compares += _compared(edit, unit) if rules.on(Rule.SAVE_FIRED) else ()
            then += _moving(edit, unit, wall, rules)
    return Transaction(compares, then)


def _compared(edit: Edit, unit: str) -> tuple[Compare, ...]:
    key = keys.fired(unit)
    entry = edit.view.get(key)
    return (ValueIs(key, entry.value) if entry else Absent(key),)


def _moving(edit: Edit, unit: str, wall: int, rules: Rules) -> tuple[Operation, ...]:
    key, ttl = keys.fired(unit), 0 if of_unit(edit.after, unit) else DAY
    before = of_unit(edit.before, unit)
    entry = edit.view.get(key)
    if entry is None or (not before and not rules.on(Rule.BASELINE)):
        return (Put(key, wall, ttl=ttl),)
    at = moved(entry.value, wall) if rules.on(Rule.SAVE_MOVES) else max(entry.value, wall)
    put = Put(key, at, ttl=ttl)
    if not rules.on(Rule.SAVE_ACCOUNTS):
        return (put,)
    return (put, *accounted(before, unit, entry.value, at))


def triggering(job: Job, revision: int, trigger: Trigger, rules: Rules) -> Transaction:
    """Ask for a run now; without a lease, so that it cannot vanish."""
    key = trigger_key(job.name, trigger.identity)
    ttl = 0 if rules.on(Rule.TRIGGER_STAYS) else TRIGGER_LASTS
    compares = (RevisionIs(keys.job(job.name), revision), Absent(key))
    return Transaction(compares, (Put(key, trigger, ttl=ttl),))


def withdrawing(name: str, entry: Entry, rules: Rules) -> Transaction:
    """Take back what nobody has taken up yet; its end is left to be recorded by a worker."""
    trigger: Trigger = entry.value
    key = trigger_key(name, trigger.identity)
    owed = owed_at(trigger.job, name, trigger.at, NOBODY, trigger.at)
    owed = replace(owed, manual=trigger.identity)
    run = keys.run(name, f"{keys.run_id(name, owed.due)}!{trigger.identity}")
    then: tuple[Operation, ...] = (Delete(key),)
    if rules.on(Rule.WITHDRAW_KEY):
        then += (Put(run, owed.ended(NOT_STARTED)),)
    compares = (RevisionIs(key, entry.revision),) if rules.on(Rule.WITHDRAW_COMPARE) else ()
    return Transaction(compares, then)
