"""The product's transactions about runs that wait are shaped like the model's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common import keys
from common.owed import unpack
from common.store import Entry, Put
from tests.model import transactions
from tests.model.claim import giving_way, overlapping
from tests.model.ending import finishing, finishing_lost
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
from tests.model.recovery import taking_over
from tests.model.turn import handing_over, turning
from tests.model.values import WAITING
from worker.finish import finish, finish_lost, take_over
from worker.overlap import give_way, hand_over, turn, wait, wait_owed, yield_owed
from worker.retrying import Retry

HOLDER = "j@5000"
AGAIN = f"{CLAIM.run_id}+1"
RETRY = Retry(JOB.name, AGAIN, replace(CLAIM.owed(), state="waiting", attempt=1))
MODELS_RETRY = AGAIN, replace(OWED, attempt=1, state=WAITING)


@pytest.mark.parametrize("overlap", ["queue", "replace"])
def test_an_instant_that_waits_compares_and_writes_what_the_model_says(overlap: str) -> None:
    wanted = replace(WANTED, job=replace(JOB, overlap=overlap))
    models, _ = overlapping(wanted, HOLDER, waits=True, rules=RULES)
    kill = (Put(keys.killer(JOB.name), HOLDER.encode()),) if overlap == "replace" else ()
    assert shape(wait(CLAIM, wait_owed(CLAIM, HOLDER), kill)) == shape(models)


def test_an_instant_that_gives_way_compares_and_writes_what_the_model_says() -> None:
    key, owed = keys.run(JOB.name, HOLDER), yield_owed(CLAIM, HOLDER)
    mine = give_way(CLAIM, owed, Entry(key, b"", 5, 5))
    models = giving_way(WANTED, key, transactions.Entry(None, 5, 5, 0), RULES)
    assert shape(mine) == shape(models)


@pytest.mark.parametrize("overlap", ["queue", "allow"])
def test_a_turn_compares_and_writes_what_the_model_says(overlap: str) -> None:
    job = replace(JOB, overlap=overlap)
    held = replace(HELD, owed=replace(OWED, job=job, state=WAITING))
    mine = turn(replace(CLAIM, locks=overlap != "allow"), HELD.revision)
    assert shape(mine) == shape(turning(held, held.owed, REVISION, LEASE, RULES))


@pytest.mark.parametrize("unlocked", [True, False])
def test_a_hand_over_compares_and_writes_what_the_model_says(unlocked: bool) -> None:
    held = replace(HELD, owed=replace(OWED, state=WAITING, delay=9))
    owed, unit = replace(CLAIM.owed(), delay_ms=9), CLAIM.unit if unlocked else ""
    mine = hand_over(CLAIM.run_key, REVISION, owed, OTHER, unit)
    models = handing_over(held, OTHER, RULES, unlocked)
    assert shape(mine) == shape(models)
    (put,), (models_put,) = mine.then, models.then
    assert isinstance(put, Put)
    assert isinstance(models_put, transactions.Put)
    assert (unpack(put.value).incarnation, unpack(put.value).delay_ms) == (OTHER, None)
    assert (models_put.value.incarnation, models_put.value.delay) == (OTHER, 0)


@pytest.mark.parametrize("unlock", [True, False])
@pytest.mark.parametrize("goes", [True, False])
def test_an_end_that_is_tried_again_leaves_the_key_that_the_model_says(
    unlock: bool, goes: bool
) -> None:
    ending = replace(ENDING, retry=MODELS_RETRY, goes=goes)
    mine = finish(replace(FINISH, retry=RETRY), unlock, goes)
    assert shape(mine) == shape(finishing(ending, unlock, RULES))


def test_an_end_after_the_lease_that_is_tried_again_leaves_the_model_s_key() -> None:
    ending = replace(ENDING, retry=MODELS_RETRY)
    mine = finish_lost(replace(FINISH, retry=RETRY))
    assert shape(mine) == shape(finishing_lost(ending, RULES))


def test_a_take_over_of_what_is_run_again_compares_and_writes_what_the_model_says() -> None:
    held = replace(HELD, owed=replace(OWED, incarnation=OTHER))
    put = transactions.Put(keys.run(JOB.name, AGAIN), MODELS_RETRY[1])
    mine = take_over(CLAIM.run_key, REVISION, OTHER, replace(CLAIM.owed(), incarnation=ME), RETRY)
    assert shape(mine)[:2] == shape(taking_over(held, OWED, (put,), RULES))[:2]
