"""Asking for runs, against real stores."""

from __future__ import annotations

from typing import Any

import pytest

from common import keys
from common.errors import ClockOff, InvalidField
from common.store import Store, put
from common.trigger import LASTS_MS, Trigger
from master.edits import Edits
from master.refusals import NoSuchJob, OutcomeUnknown
from master.run_now import Wish
from tests.integration.edits.asking import Asking, register, triggers
from tests.integration.losing import LosingStore
from tests.integration.mastering import NOON, a_job, contents


def test_a_trigger_is_put_with_who_asked_and_until_when(store: Store, asking: Asking) -> None:
    (run_id,) = asking().ask(Wish("a", "ann"))
    ((identity, trigger),) = triggers(store).items()
    assert trigger == Trigger(NOON, NOON + LASTS_MS, "ann")
    assert run_id == f"a@{NOON}!{identity}"
    assert len(identity) == 8


def test_two_who_ask_at_once_get_two_runs(store: Store, asking: Asking) -> None:
    runs = [asking().ask(Wish("a", by))[0] for by in ("ann", "bob")]
    assert len(set(runs)) == len(triggers(store)) == 2


@pytest.mark.parametrize(
    ("job", "problem"),
    [
        (b"nonsense", "job: not valid JSON"),
        (b'{"name": "b", "command": "x", "cronExpr": "* * * * *"}', "is not the name in the key"),
        (b'{"name": "a", "command": "x", "cronExpr": "whenever"}', "cronExpr: "),
    ],
)
def test_a_job_that_no_worker_can_run_is_refused(
    store: Store, asking: Asking, job: bytes, problem: str
) -> None:
    put(store, keys.job("a"), job)
    with pytest.raises(InvalidField, match=problem):
        asking().ask(Wish("a", "ann"))
    assert triggers(store) == {}


@pytest.mark.parametrize("name", ["gone", "a/b"])
def test_a_job_that_is_not_there_is_refused(asking: Asking, name: str) -> None:
    with pytest.raises((NoSuchJob, InvalidField)):
        asking().ask(Wish(name, "ann"))


def test_by_a_clock_that_is_off_nothing_is_asked(store: Store, asking: Asking) -> None:
    def off() -> int:
        raise ClockOff("an hour ahead")

    before = contents(store)
    with pytest.raises(ClockOff):
        asking(required=off).ask(Wish("a", "ann"))
    assert contents(store) == before


def test_a_trigger_whose_answer_was_lost_is_looked_for_and_never_put_again(
    store: Store, asking: Asking
) -> None:
    (run_id,) = asking(LosingStore(store, ["after"])).ask(Wish("a", "ann"))
    ((identity, trigger),) = triggers(store).items()
    assert trigger.run_id("a", identity) == run_id
    with pytest.raises(OutcomeUnknown, match="not known whether the run was asked for"):
        asking(LosingStore(store, ["before"])).ask(Wish("a", "ann"))
    assert len(triggers(store)) == 1


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"worker": "w9"}, "worker: 'w9' is not registered; there are: w1, w3"),
        ({"host": "nowhere"}, "host: 'nowhere' is not registered; there are: h-w1, h-w3"),
        ({"worker": "w1"}, "worker: the job may not run on 'w1': role=db does not hold"),
        ({"host": "h-w1"}, "host: the job may not run on 'h-w1': role=db does not hold"),
        ({"worker": "w3"}, "worker: 'w3' is draining, and takes no runs"),
        ({"worker": "go"}, "worker: 'go' is not registered; there are: w1, w3"),
    ],
)
def test_where_it_cannot_run_is_refused_with_the_reason(
    store: Store, edits: Edits, asking: Asking, wish: dict[str, str], problem: str
) -> None:
    edits.save(a_job(where=["role=db"]))
    register(store, "w1")
    register(store, "w3", draining=True, role="db")
    put(store, keys.worker("go"), b"")
    with pytest.raises(InvalidField, match=f"^{problem}$"):
        asking().ask(Wish("a", "ann", **wish))
    assert triggers(store) == {}


@pytest.mark.parametrize(
    ("there", "doubt"),
    [
        ({}, "no worker is registered;"),
        ({"w1": {"role": "web"}}, "where: no registered worker matches role=db;"),
        ({"w1": {"role": "db", "draining": True}}, "all workers that may run it are draining;"),
        ({"w1": {"role": "db"}, "w2": {"role": "web"}}, ""),
        (
            {"w1": {"role": "db", "room": False, "short_of": "disk"}, "w2": {"role": "web"}},
            "the worker that may run it is full (short of disk);",
        ),
        (
            {"w1": {"role": "db", "room": False}, "w2": {"role": "db", "room": False}},
            "all workers that may run it are full;",
        ),
        ({"w1": {"role": "db", "room": False}, "w2": {"role": "db"}}, ""),
    ],
)
def test_a_run_that_nobody_may_take_up_now_is_doubted(
    store: Store, edits: Edits, asking: Asking, there: dict[str, Any], doubt: str
) -> None:
    edits.save(a_job(where=["role=db"]))
    for worker, said in there.items():
        register(store, worker, **said)
    found = asking().doubts(Wish("a", "ann"))
    assert [each.partition(";")[0] + ";" for each in found] == ([doubt] if doubt else [])


@pytest.mark.parametrize("wish", [{"worker": "w1"}, {"host": "h-w1"}])
def test_that_the_worker_that_was_named_is_full_is_said(
    store: Store, asking: Asking, wish: dict[str, str]
) -> None:
    register(store, "w1", room=False)
    register(store, "w2")
    (found,) = asking().doubts(Wish("a", "ann", **wish))
    assert found.startswith("the worker that may run it is full; ")
    assert asking().doubts(Wish("a", "ann", worker="w2")) == []


def test_where_it_is_to_run_is_told_to_the_workers(
    store: Store, edits: Edits, asking: Asking
) -> None:
    register(store, "w1")
    asking().ask(Wish("a", "ann", worker="w1"))
    asking().ask(Wish("a", "ann", host="h-w1"))
    assert {(t.worker, t.host) for t in triggers(store).values()} == {("w1", ""), ("", "h-w1")}
