"""The claim of a due instant as transactions: what is compared, written and read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from common import keys
from tests.model.choice import Choice
from tests.model.jobs import Job
from tests.model.locks import unheld
from tests.model.rows import Row
from tests.model.rules import Rule, Rules
from tests.model.transactions import (
    Below,
    Compare,
    Entry,
    Exists,
    Operation,
    Put,
    Read,
    RevisionIs,
    Transaction,
    ValueIs,
)
from tests.model.values import SKIPPED, WAITING, Killer, Lock, Owed

KILLER_LASTS = 60_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An instant that a worker wants, and under which lease."""

    row: Row
    job: Job
    revision: int
    unit: str
    fired: int
    choice: Choice
    owed: Owed
    lease: int

    @property
    def due(self) -> int:
        """The instant."""
        return self.choice.due

    @property
    def run(self) -> str:
        """The run id."""
        return keys.run_id(self.unit, self.due)

    @property
    def run_key(self) -> str:
        """Where what is owed lies."""
        return keys.run(self.job.name, self.run)


def settling(wanted: Wanted, rules: Rules) -> Transaction:
    """Move the watermark and leave what is owed; no lock is taken."""
    reads = (
        Read(keys.job(wanted.job.name)),
        Read(keys.fired(wanted.unit)),
        Read(keys.lock(wanted.unit)),
        Read(wanted.run_key),
        Read(keys.alive(wanted.owed.incarnation)),
    )
    then = (Put(keys.fired(wanted.unit), wanted.due), Put(wanted.run_key, wanted.owed))
    return Transaction(_compares(wanted, rules), then, reads, wanted.job.weight)


def taking(wanted: Wanted, rules: Rules, kept: Entry | None = None) -> Transaction:
    """The same with the lock, where a run is owed that holds one; one only `kept` is taken over."""
    settled = settling(wanted, rules)
    if wanted.owed.outcome or not wanted.job.locks:
        return settled
    lock = keys.lock(wanted.unit)
    compares = (*settled.compares, *unheld(wanted.unit, kept, rules))
    put = Put(lock, Lock(wanted.run, wanted.owed.incarnation), wanted.lease)
    return replace(settled, compares=compares, then=(*settled.then, put))


def overlapping(wanted: Wanted, holder: str, waits: bool, rules: Rules) -> tuple[Transaction, Owed]:
    """Settle an instant at which run `holder` still runs: it waits for its turn, or is skipped."""
    owed = replace(wanted.owed, state=WAITING) if waits else wanted.owed.ended(SKIPPED)
    settled = settling(replace(wanted, owed=owed), rules)
    then: tuple[Operation, ...] = settled.then
    if not waits and not rules.on(Rule.SKIP_KEY):
        then = then[:1]
    if wanted.job.overlap == "replace":
        then += (Put(keys.killer(wanted.job.name), Killer(holder), ttl=KILLER_LASTS),)
    compares = (*settled.compares, Exists(keys.lock(wanted.unit)))
    return replace(settled, compares=compares, then=then), owed


def giving_way(
    wanted: Wanted, key: str, waiting: Entry, rules: Rules, kept: Entry | None = None
) -> Transaction:
    """Settle an instant before which a run still waits for a lock that is free by now: skipped."""
    settled = settling(replace(wanted, owed=wanted.owed.ended(SKIPPED)), rules)
    unturned = (RevisionIs(key, waiting.revision), *unheld(wanted.unit, kept, rules))
    return replace(settled, compares=(*settled.compares, *unturned))


def _compares(wanted: Wanted, rules: Rules) -> tuple[Compare, ...]:
    compares: tuple[Compare, ...] = ()
    if rules.on(Rule.JOB_COMPARE):
        compares += (RevisionIs(keys.job(wanted.job.name), wanted.revision),)
    if rules.on(Rule.EQUAL):
        compares += (ValueIs(keys.fired(wanted.unit), wanted.fired),)
    else:
        compares += (Below(keys.fired(wanted.unit), wanted.due),)
    if rules.on(Rule.ALIVE):
        compares += (Exists(keys.alive(wanted.owed.incarnation)),)
    return compares
