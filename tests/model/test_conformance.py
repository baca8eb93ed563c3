"""The product's transactions compare, write and read the keys that the model's do."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from common import keys, store, trigger
from common.log_store import merged
from common.moving import due_since
from common.owed import Owed, unpack
from common.record import JobLog
from common.schedule import parse_schedule
from master.withdrawing import withdraw
from tests.model import transactions, values
from tests.model.choice import CATCH_UP_LIMIT, choose
from tests.model.claim import overlapping, settling, taking
from tests.model.clock import CATCH_UP_WINDOW, LAST_DUE
from tests.model.edits import withdrawing
from tests.model.ending import acknowledging, finishing, finishing_lost
from tests.model.examples import (
    CLAIM,
    ENDING,
    FINISH,
    HELD,
    JOB,
    LEASE,
    MANUAL,
    ME,
    OTHER,
    OWED,
    PLAN_TIME,
    REVISION,
    RULES,
    TRIGGER,
    WANTED,
    Shape,
    shape,
)
from tests.model.jobs import FOR_EVER, Job
from tests.model.log_store import LogStore as ModelLogStore
from tests.model.log_store import Record
from tests.model.recovery import taking_over
from tests.model.triggers import Triggers
from tests.model.values import LOST, MISSED, SKIPPED, SUCCESS, owed_at
from tests.model.view import View
from worker import choice as product_choice
from worker.claim import missed_owed, settle, take
from worker.finish import acknowledge, finish, finish_lost, take_over
from worker.overlap import give_way, skip, skip_owed, yield_owed


def test_a_claim_compares_and_writes_what_the_model_says() -> None:
    assert shape(take(CLAIM)) == shape(taking(WANTED, RULES))


def test_a_claim_that_may_overlap_leaves_the_lock_alone() -> None:
    wanted = replace(WANTED, job=replace(JOB, overlap="allow"))
    assert shape(take(replace(CLAIM, locks=False))) == shape(taking(wanted, RULES))


def test_a_claim_of_a_share_compares_and_writes_what_the_model_says() -> None:
    share = replace(CLAIM, share="1")
    job = replace(JOB, hosts=2)
    owed = owed_at(job, share.unit, PLAN_TIME, ME, PLAN_TIME)
    wanted = replace(WANTED, job=job, unit=share.unit, owed=owed)
    assert shape(take(share)) == shape(taking(wanted, RULES))
    assert share.unit == job.units()[1]


def test_a_missed_instant_compares_and_writes_what_the_model_says() -> None:
    missed = replace(WANTED, owed=OWED.ended(MISSED))
    assert shape(settle(CLAIM, missed_owed(CLAIM, "late"))) == shape(taking(missed, RULES))
    assert shape(taking(missed, RULES)) == shape(settling(missed, RULES))


def test_a_skipped_instant_compares_and_writes_what_the_model_says() -> None:
    transaction, _ = overlapping(WANTED, "j@5000", waits=False, rules=RULES)
    assert shape(skip(CLAIM, skip_owed(CLAIM, b"j@5000 w.1"))) == shape(transaction)


def triggered(outcome: str = "", overlap: str = "skip", waits: str = "") -> Shape:
    """What the model's claim of a trigger compares and writes."""
    job = replace(JOB, overlap=overlap)
    there = values.Trigger("0f", PLAN_TIME, PLAN_TIME, job)
    owed = replace(owed_at(job, JOB.name, PLAN_TIME, ME, PLAN_TIME), manual="0f")
    rules: Any = SimpleNamespace(rules=RULES)
    held = {keys.lock(JOB.name): transactions.Entry(values.Lock("j@5000", OTHER), 5, 5, LEASE)}
    view = View(5, held if outcome == SKIPPED and not waits else {})
    worker: Any = SimpleNamespace(world=rules, lease=LEASE, view=view)
    owed = owed.ended(outcome) if outcome else owed
    entry = transactions.Entry(there, TRIGGER, TRIGGER, 0)
    standing = transactions.Entry(job, REVISION, REVISION, 0)
    before = (waits, transactions.Entry(None, 5, 5, 0)) if waits else None
    model = Triggers(worker)._transaction(entry, standing, MANUAL.run_id, owed, before)
    compares, written, _ = shape(model)
    return compares, written, set()


def without_reads(transaction: store.Transaction) -> Shape:
    """The product reads more when it loses, to say why."""
    compares, written, _ = shape(transaction)
    return compares, written, set()


def test_a_trigger_s_claim_compares_and_writes_what_the_model_says() -> None:
    assert without_reads(take(MANUAL)) == triggered()
    assert without_reads(take(replace(MANUAL, locks=False))) == triggered(overlap="allow")


def test_a_trigger_that_is_only_recorded_compares_and_writes_what_the_model_says() -> None:
    assert without_reads(settle(MANUAL, missed_owed(MANUAL, "late"))) == triggered(MISSED)
    skipped = skip(MANUAL, skip_owed(MANUAL, b"j@5000 w.1"))
    assert without_reads(skipped) == triggered(SKIPPED)


def test_a_trigger_that_gives_way_compares_and_writes_what_the_model_says() -> None:
    waiting = store.Entry(keys.run(JOB.name, "j@5000"), b"", 5, 5)
    mine = give_way(MANUAL, yield_owed(MANUAL, "j@5000"), waiting)
    assert without_reads(mine) == triggered(SKIPPED, waits="j@5000")


class Kept:
    """A store that keeps what it is asked to commit."""

    def __init__(self) -> None:
        self.asked: list[store.Transaction] = []

    def commit(self, transaction: store.Transaction) -> store.Outcome:
        """Keep it; it wins."""
        self.asked.append(transaction)
        return store.Outcome(True, REVISION)


def test_a_trigger_that_is_taken_back_compares_and_writes_what_the_model_says() -> None:
    kept: Any = Kept()
    key, asked = keys.trigger(JOB.name, "0f"), trigger.Trigger(PLAN_TIME, PLAN_TIME)
    entry = store.Entry(key, trigger.pack(asked), TRIGGER, TRIGGER)
    withdraw(kept, JOB.name, MANUAL.run_id, entry, asked)
    there = transactions.Entry(values.Trigger("0f", PLAN_TIME, PLAN_TIME, JOB), TRIGGER, TRIGGER, 0)
    (mine,) = kept.asked
    assert shape(mine) == shape(withdrawing(JOB.name, there, RULES))


@pytest.mark.parametrize("unlock", [True, False])
def test_an_end_compares_and_writes_what_the_model_says(unlock: bool) -> None:
    assert shape(finish(FINISH, unlock)) == shape(finishing(ENDING, unlock, RULES))


@pytest.mark.parametrize("unlock", [True, False])
def test_an_end_whose_record_is_there_compares_and_writes_what_the_model_says(unlock: bool) -> None:
    going = replace(ENDING, goes=True)
    assert shape(finish(FINISH, unlock, goes=True)) == shape(finishing(going, unlock, RULES))


def test_an_end_after_the_lease_compares_and_writes_what_the_model_says() -> None:
    assert shape(finish_lost(FINISH)) == shape(finishing_lost(ENDING, RULES))


def test_the_mark_of_an_end_after_the_lease_is_in_the_key_as_in_the_model_s() -> None:
    (mine,), (models,) = finish_lost(FINISH).then, finishing_lost(ENDING, RULES).then
    assert isinstance(mine, store.Put)
    assert isinstance(models, transactions.Put)
    assert unpack(mine.value).lost is models.value.lost is True


def test_an_acknowledgement_compares_and_writes_what_the_model_says() -> None:
    mine, models = acknowledge(CLAIM.run_key, 8), acknowledging(WANTED.run_key, 8)
    assert shape(mine) == shape(models)


def test_a_take_over_compares_and_writes_what_the_model_says() -> None:
    dead: Owed = replace(CLAIM.owed(), incarnation=OTHER)
    held = replace(HELD, owed=replace(OWED, incarnation=OTHER))
    mine = shape(take_over(CLAIM.run_key, REVISION, OTHER, dead))
    assert mine[:2] == shape(taking_over(held, OWED, (), RULES))[:2]


@pytest.mark.parametrize("catch_up", ["skip", "latest", "all"])
def test_instants_are_chosen_as_the_model_chooses_them(catch_up: str) -> None:
    random = Random(f"choices {catch_up}")
    for _ in range(500):
        seconds, deadline = random.choice([1, 5, 10, 30]), random.choice([5000, 60_000])
        job = replace(JOB, period=1000 * seconds, catch_up=catch_up, start_deadline=deadline)
        fired, wall = sorted(random.randrange(LAST_DUE - 1000) for _ in range(2))
        job = replace(job, rests_until=random.choice([0, random.randrange(LAST_DUE), FOR_EVER]))
        compare_choices(job, fired, wall)


def compare_choices(job: Job, fired: int, wall: int) -> None:
    """Both choose the same instant, with the same gap, for the same reason."""
    lateness = product_choice.Lateness(
        job.start_deadline, job.catch_up, CATCH_UP_WINDOW, CATCH_UP_LIMIT
    )
    schedule = parse_schedule(f"*/{job.period // 1000} * * * * * *")
    ahead = product_choice.AHEAD_MS
    found = product_choice.choose(schedule, due_since(fired, job.rests_until), wall, lateness)
    meant = choose(job, fired, wall, ahead)
    if meant is None:
        assert found is None or found.plan_time > wall + ahead
        return
    assert found is not None
    about = (job, fired, wall)
    assert (found.plan_time, bool(found.missed)) == (meant.due, bool(meant.missed)), about
    assert found.caught_up == meant.caught_up, about
    assert (found.gap.count if found.gap else 0) == len(meant.gap), about
    assert found.gap is None or (found.gap.first, found.gap.last) == (meant.gap[0], meant.gap[-1])


@pytest.mark.parametrize("seed", range(50))
def test_records_of_a_run_merge_as_in_the_model_s_log_store(seed: int) -> None:
    random, models = Random(f"records {seed}"), ModelLogStore(RULES, lambda *_: None)
    there: JobLog | None = None
    for _ in range(random.randint(1, 6)):
        outcome, lost = random.choice([(SUCCESS, False), (SUCCESS, True), (LOST, True)])
        own = outcome == SUCCESS and random.random() < 0.5
        came = JobLog("j", "", "", "", 0, 0, 0, 0, "j@0", outcome, worker=ME * own, lost=lost)
        there = merged(there, came) if there else came
        write = models.insert_lost if lost else models.insert
        (models.write_true if own else write)("j@0", Record("j", 0, 0, "", outcome, lost))
        record = models.records["j@0"]
        assert (there.outcome, there.lost) == (record.outcome, record.lost)


def test_run_ids_are_made_alike() -> None:
    assert WANTED.run == CLAIM.run_id == keys.run_id(JOB.name, PLAN_TIME)
