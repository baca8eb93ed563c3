"""A claim, its run and its end as the product and as the model say them, and how to compare."""

from __future__ import annotations

from dataclasses import replace

from common import store
from tests.model import transactions
from tests.model.choice import Choice
from tests.model.claim import Wanted
from tests.model.ending import Ending
from tests.model.host import Held
from tests.model.jobs import Job
from tests.model.rows import Row, Seen
from tests.model.rules import Rules
from tests.model.values import SUCCESS, owed_at
from worker.claim import Claim
from worker.finish import Finish

RULES, REVISION, LEASE = Rules(), 7, 9
JOB = Job("j", 5000, 0, "skip", "skip", 0, rerun_lost=False, length=1)
PLAN_TIME, FIRED, ME, OTHER = 10_000, 5000, "w.1", "v.2"
CLAIM = Claim(JOB.name, REVISION, "true", FIRED, PLAN_TIME, ME, LEASE, locks=True, gap=None)
TRIGGER = 6
MANUAL = replace(CLAIM, manual="0f", asked=TRIGGER)
OWED = owed_at(JOB, JOB.name, PLAN_TIME, ME, PLAN_TIME)
ROW = Row(JOB.name, [Seen(REVISION, JOB)])
WANTED = Wanted(ROW, JOB, REVISION, JOB.name, FIRED, Choice(PLAN_TIME, ()), OWED, LEASE)
HELD = Held(CLAIM.run_id, OWED, REVISION, REVISION)
ENDING = Ending(HELD, OWED.ended(SUCCESS), goes=False, retry=None)
FINISH = Finish(JOB.name, JOB.name, CLAIM.run_id, ME, REVISION, CLAIM.owed())

Shape = tuple[set[tuple[str, str]], set[tuple[str, str, int]], set[str]]


def shape(transaction: store.Transaction | transactions.Transaction) -> Shape:
    """What is compared, what is written under which lease, and what is read."""
    compares = {(type(compare).__name__, compare.key) for compare in transaction.compares}
    written = {(type(op).__name__, op.key, getattr(op, "lease", 0)) for op in transaction.then}
    return compares, written, {op.key for op in transaction.otherwise}
