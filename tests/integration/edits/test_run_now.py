"""Asking for runs, against real stores."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from common import keys
from common.clock import SystemClock
from common.constants import JOB_TRIGGER_DIR
from common.errors import ClockOff, InvalidField
from common.log_store import LogBatch
from common.owed import ENDED, RUNNING, Owed, pack
from common.record import SUCCESS, JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, delete, put
from common.trigger import LASTS_MS, Trigger, unpack
from master.edits import Edits
from master.refusals import NoSuchJob, NoSuchRun, OutcomeUnknown
from master.run_now import RunNow, Wish
from master.run_states import RunStates
from tests.integration.losing import LosingStore
from tests.integration.mastering import NOON, TurnedClock, a_job, contents

Asking = Callable[..., RunNow]


@pytest.fixture
def asking(store: Store, logs: SqliteLogStore, edits: Edits, clock: TurnedClock) -> Asking:
    """What asks for runs; the job `a` is there."""
    edits.save(a_job())

    def made(over: Store = store, required: Callable[[], int] = clock) -> RunNow:
        return RunNow(over, RunStates(over, logs, SystemClock()), "UTC", required)

    return made


def register(store: Store, name: str, draining: bool = False, **labels: str) -> None:
    """A worker's registration."""
    said = {"draining": draining, "room": True, "labels": {"host": f"h-{name}", **labels}}
    put(store, keys.worker(name), json.dumps(said).encode())


def triggers(store: Store) -> dict[str, Trigger]:
    """The triggers of the job `a` by identity."""
    prefix = f"{JOB_TRIGGER_DIR}a/"
    entries = store.snapshot(prefix).entries
    return {entry.key.removeprefix(prefix): unpack(entry.value) for entry in entries}


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


def test_where_it_is_to_run_is_told_to_the_workers(
    store: Store, edits: Edits, asking: Asking
) -> None:
    register(store, "w1")
    asking().ask(Wish("a", "ann", worker="w1"))
    asking().ask(Wish("a", "ann", host="h-w1"))
    assert {(t.worker, t.host) for t in triggers(store).values()} == {("w1", ""), ("", "h-w1")}


def test_of_a_job_on_all_hosts_each_worker_that_may_run_it_has_a_run(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all", where=["role=db"]))
    for name, role in (("w1", "db"), ("w2", "web"), ("w3", "db")):
        register(store, name, role=role)
    assert len(asking().ask(Wish("a", "ann"))) == 2
    assert {(t.share, t.worker) for t in triggers(store).values()} == {("w1", "w1"), ("w3", "w3")}
    (run_id,) = asking().ask(Wish("a", "ann", host="h-w3"))
    assert run_id.startswith("a#w3@")


def test_of_a_job_on_all_hosts_without_any_nothing_is_asked(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all"))
    with pytest.raises(InvalidField, match="no worker is there that may run the job"):
        asking().ask(Wish("a", "ann"))


def test_of_a_job_on_some_hosts_each_share_has_a_run(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=3))
    for name in ("w1", "w2", "w3", "w4"):
        register(store, name)
    assert asking().doubts(Wish("a", "ann")) == []
    assert len(asking().ask(Wish("a", "ann"))) == 3
    assert {t.share for t in triggers(store).values()} == {"0", "1", "2"}


def test_of_a_job_on_more_hosts_than_may_run_it_no_worker_has_two_runs(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=5, where=["role=db"]))
    register(store, "w1", role="db")
    register(store, "w2", role="db")
    register(store, "w3", role="web")
    register(store, "w4", draining=True, role="db")
    (said,) = asking().doubts(Wish("a", "ann"))
    assert said.startswith("hosts: 5 are wanted, and 2 of the registered workers may run this")
    assert asking().doubts(Wish("a", "ann", worker="w1")) == []
    assert len(asking().ask(Wish("a", "ann"))) == 2
    assert {t.share for t in triggers(store).values()} == {"0", "1"}


def test_of_a_job_on_some_hosts_that_none_may_run_now_all_shares_wait(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts=2, where=["role=db"]))
    register(store, "w3", role="web")
    assert len(asking().doubts(Wish("a", "ann"))) == 1
    assert len(asking().ask(Wish("a", "ann"))) == 2


def test_very_many_shares_are_asked_for_in_several_parts(
    store: Store, edits: Edits, asking: Asking
) -> None:
    edits.save(a_job(hosts="all"))
    for number in range(230):
        register(store, f"w{number}")
    assert len(set(asking().ask(Wish("a", "ann")))) == len(triggers(store)) == 230


def test_the_state_of_a_run_is_told_from_its_asking_to_its_record(
    store: Store, logs: SqliteLogStore, asking: Asking
) -> None:
    states = RunStates(store, logs, SystemClock())
    (run_id,) = asking().ask(Wish("a", "ann"))
    said = states.read("a", run_id)
    assert (said["state"], said["text"]) == ("asked", "asked for, no worker has taken it up yet")
    owed = Owed(RUNNING, "w1.0123abcd", NOON, 0, 1)
    put(store, keys.run("a", run_id), pack(owed))
    delete(store, keys.trigger("a", run_id.partition("!")[2]))
    assert states.read("a", run_id)["text"] == "runs on w1"
    ended = Owed(ENDED, "w1.0123abcd", NOON, 0, 1, outcome=SUCCESS)
    put(store, keys.run("a", run_id), pack(ended))
    said = states.wait("a", run_id, 0.3)
    assert (said["state"], said["outcome"], said["record"]) == ("ended", "success", None)
    record = JobLog("a", "true", "", "hi\n", NOON, NOON, NOON, NOON, run_id, SUCCESS, "w1")
    logs.write(LogBatch((record,)))
    said = states.wait("a", run_id, 20)
    assert (said["worker"], said["record"]["output"]) == ("w1", "hi\n")
    delete(store, keys.run("a", run_id))
    assert states.read("a", run_id)["record"]["output"] == "hi\n"


@pytest.mark.parametrize("run_id", ["a@1", "b@1", "", "a", "a@1!0f"])
def test_a_run_that_nobody_knows_has_no_state(
    store: Store, logs: SqliteLogStore, asking: Asking, run_id: str
) -> None:
    with pytest.raises(NoSuchRun):
        RunStates(store, logs, SystemClock()).read("a", run_id)
