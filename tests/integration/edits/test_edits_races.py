"""Edits against one another and against the workers' claims."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from common import keys
from common.owed import Owed, pack
from common.schedule import parse_schedule
from common.store import Put, RevisionIs, Store, Transaction, ValueIs
from common.watermark import pack_watermark
from master.edits import Edits
from master.refusals import Contended
from tests.integration.mastering import (
    EVERY_SECOND,
    NOON,
    TurnedClock,
    a_job,
    owed_by,
    stored,
    watermark,
)

MANY = 20


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do them all on threads that start together; what each gave."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def claim(store: Store, name: str, plan_time: int) -> bool:
    """Claim the next instant of a job as a worker does; whether it was won."""
    job, fired = store.get(keys.job(name)), store.get(keys.fired(name))
    if job is None or fired is None or int(fired.value) >= plan_time:
        return False
    owed = Owed("running", "w-1", plan_time, 0, job.revision)
    return store.commit(
        Transaction(
            (RevisionIs(keys.job(name), job.revision), ValueIs(keys.fired(name), fired.value)),
            (
                Put(keys.fired(name), pack_watermark(plan_time)),
                Put(keys.run(name, keys.run_id(name, plan_time)), pack(owed)),
            ),
        )
    ).won


def test_twenty_saves_at_once_form_one_line_of_befores_and_afters(store: Store) -> None:
    edits = Edits(store, "UTC", TurnedClock())
    saves = [partial(edits.save, a_job(command=f"echo {n}")) for n in range(MANY)]
    befores = [saved.before for saved in at_once(saves)]
    commands = [before["command"] for before in befores if before]
    assert befores.count(None) == 1
    assert len(set(commands)) == MANY - 1
    last = str(stored(store)["command"])
    assert {*commands, last} == {f"echo {n}" for n in range(MANY)}


def test_saves_through_many_masters_are_each_done_or_truly_refused(store: Store) -> None:
    def save(number: int) -> object:
        try:
            return Edits(store, "UTC", TurnedClock()).save(a_job(command=f"echo {number}")).before
        except Contended:
            return "refused"

    befores = at_once([partial(save, n) for n in range(MANY)])
    done = [before for before in befores if before != "refused"]
    entry = store.get(keys.job("a"))
    assert done.count(None) == 1
    assert entry is not None
    commands = {before["command"] for before in done if before}
    assert len(commands | {stored(store)["command"]}) == len(done)


def test_of_many_deletions_at_once_one_deletes(store: Store) -> None:
    edits = Edits(store, "UTC", TurnedClock())
    edits.save(a_job())
    gone = at_once([lambda: edits.delete("a") for _ in range(MANY)])
    assert gone.count(None) == MANY - 1
    assert store.get(keys.job("a")) is None


def test_every_instant_is_claimed_or_owed_or_missed_while_saves_race_with_claims(
    store: Store,
) -> None:
    clock = TurnedClock()
    edits = Edits(store, "UTC", clock)
    edits.save(a_job(cronExpr=EVERY_SECOND))
    every_second, odd = parse_schedule(EVERY_SECOND), parse_schedule("1/2 * * * * * *")
    current, due, claimed = every_second, set(), set()
    for step in range(30):
        plan_time = NOON + 1000 * (step + 1)
        clock.ms = plan_time
        due |= set(current.between(plan_time - 1000, plan_time + 1))
        other = odd if current is every_second else every_second
        acts: list[Callable[[], Any]] = [partial(edits.save, a_job(cronExpr=other.expr))]
        if current.next_after(plan_time - 1) == plan_time and step % 3:
            acts.append(partial(claim, store, "a", plan_time))
        if at_once(acts)[1:] == [True]:
            claimed.add(plan_time)
        current = other
    accounted, running = [], set()
    for owed in owed_by(store, "a").values():
        accounted.append(owed.plan_time)
        if owed.state == "running":
            running.add(owed.plan_time)
        if owed.gap:
            accounted += every_second.between(owed.gap.first - 1, owed.gap.last + 1)
    assert sorted(accounted) == sorted(due)
    assert running == claimed


def test_a_claim_made_ahead_of_its_instant_is_not_made_again_after_a_save(store: Store) -> None:
    clock = TurnedClock(NOON + 600)
    edits = Edits(store, "UTC", clock)
    edits.save(a_job(cronExpr=EVERY_SECOND))
    assert claim(store, "a", NOON + 1000)
    edits.save(a_job(cronExpr="*/1 * * * * * *"))
    assert watermark(store, "a") == NOON + 1001
    assert not claim(store, "a", NOON + 1000)
    assert list(owed_by(store, "a")) == [f"a@{NOON + 1000}"]


def test_a_job_deleted_and_made_anew_never_runs_an_instant_twice(store: Store) -> None:
    clock = TurnedClock()
    edits = Edits(store, "UTC", clock)
    edits.save(a_job(cronExpr=EVERY_SECOND))
    assert claim(store, "a", NOON + 1000)
    clock.ms = NOON + 100  # the master's clock is behind the worker's
    edits.delete("a")
    edits.save(a_job(cronExpr=EVERY_SECOND))
    assert not claim(store, "a", NOON + 1000)
    assert claim(store, "a", NOON + 2000)
