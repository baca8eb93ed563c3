"""The product's transactions about locks that outlast their runs are shaped like the model's."""

from __future__ import annotations

from dataclasses import replace

from common import keys, lock, store
from tests.model import transactions, values
from tests.model.claim import giving_way, taking
from tests.model.ending import finishing
from tests.model.examples import (
    CLAIM,
    ENDING,
    FINISH,
    HELD,
    JOB,
    LEASE,
    ME,
    OTHER,
    OWED,
    REVISION,
    RULES,
    WANTED,
    shape,
)
from tests.model.locks import removing
from tests.model.turn import turning
from worker.claim import take
from worker.finish import finish, remove_kept
from worker.overlap import give_way, turn, yield_owed


def test_an_end_that_keeps_its_lock_compares_and_writes_what_the_model_says() -> None:
    value = lock.kept(CLAIM.run_id, ME)
    mine = finish(FINISH, unlock=True, mark=store.Put(keys.lock(JOB.name), value, LEASE))
    kept = values.Lock(CLAIM.run_id, ME, ended=True)
    mark = transactions.Put(keys.lock(JOB.name), kept, LEASE)
    assert shape(mine) == shape(finishing(ENDING, unlock=True, rules=RULES, mark=mark))
    models = removing(keys.lock(JOB.name), kept, RULES)
    assert shape(remove_kept(keys.lock(JOB.name), value)) == shape(models)


def test_a_lock_that_is_kept_is_taken_over_as_the_model_says() -> None:
    there = store.Entry(keys.lock(JOB.name), lock.kept("j@5000", OTHER), 5, 5)
    kept = transactions.Entry(values.Lock("j@5000", OTHER, ended=True), 5, 5, LEASE)
    assert shape(take(CLAIM, there)) == shape(taking(WANTED, RULES, kept))
    held = replace(HELD, owed=replace(OWED, state=values.WAITING))
    models = turning(held, OWED, REVISION, LEASE, RULES, kept)
    assert shape(turn(CLAIM, HELD.revision, there)) == shape(models)
    waiting = store.Entry(keys.run(JOB.name, "j@4000"), b"", 4, 4)
    mine = give_way(CLAIM, yield_owed(CLAIM, "j@4000"), waiting, there)
    before = transactions.Entry(None, 4, 4, 0)
    assert shape(mine) == shape(giving_way(WANTED, waiting.key, before, RULES, kept))
