"""Kills with an answer, against real stores; what a worker does is written by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from common import keys, lock
from common.clock import SystemClock
from common.errors import StoreError, StoreLost
from common.killer import unpack_kill
from common.log_store import LogBatch
from common.owed import ENDED, RUNNING, WAITING, Owed, pack
from common.record import KILLED, LOST, SUCCESS, JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, Watch, delete, put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from master import kills
from master.edits import Edits
from master.killing import Killing
from master.refusals import NoSuchJob, NoSuchRun, OutcomeUnknown
from tests.integration.mastering import NOON, a_job, contents, owed_by
from tests.waiting import until

RUN, NEXT = f"a@{NOON}", f"a@{NOON + 1000}"
OWED = Owed(RUNNING, "10.0.0.7:b.0123abcd", NOON, 0, 1)


def owe(store: Store, run_id: str = RUN, state: str = RUNNING, outcome: str = "") -> None:
    """Let a run's key stand so."""
    owed = Owed(state, OWED.incarnation, NOON, 0, 1, outcome=outcome, err="signal: killed")
    put(store, keys.run("a", run_id), pack(owed))


def record(run_id: str, outcome: str) -> JobLog:
    """A run's record."""
    plain = JobLog("a", "true", "", "", NOON, NOON, NOON, NOON)
    return replace(plain, run_id=run_id, outcome=outcome, worker="w")


@pytest.fixture
def killing(store: Store, logs: SqliteLogStore, edits: Edits) -> Any:
    """A kill of the job `a`, which is there."""
    edits.save(a_job())
    return lambda run_id="": Killing(store, logs, SystemClock(), "a", run_id)


@contextmanager
def waiting(kill: Killing, seconds: float = 20) -> Iterator[threading.Thread]:
    """The kill waits on a thread of its own, and has waited at the end."""
    kill.begin()
    thread = threading.Thread(target=kill.wait, args=(seconds,))
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()


def only(kill: Killing) -> dict[str, Any]:
    """The one run of its answer."""
    (run,) = kill.answer()["runs"]
    assert isinstance(run, dict)
    return run


def test_a_kill_tells_what_it_hit_and_when_that_is_dead(store: Store, killing: Any) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        assert only(kill) | {"state": "running", "dead": False} == only(kill)
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill) == {
        "runId": RUN,
        "state": "ended",
        "worker": "10.0.0.7:b",
        "outcome": "killed",
        "text": "killed: signal: killed",
        "dead": True,
    }
    assert kill.answer()["dead"] is True


def test_a_run_whose_end_goes_with_its_key_is_known_by_its_record(
    store: Store, logs: SqliteLogStore, killing: Any
) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        logs.write(LogBatch((record(RUN, SUCCESS),)))
        delete(store, keys.run("a", RUN))
    assert (only(kill)["outcome"], only(kill)["dead"]) == ("success", True)


def test_a_run_that_is_gone_without_a_record_is_over_all_the_same(
    store: Store, killing: Any
) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        delete(store, keys.run("a", RUN))
    assert (only(kill)["state"], only(kill)["outcome"], only(kill)["dead"]) == ("ended", "", True)


def test_what_was_lost_with_its_worker_is_not_said_to_be_dead(store: Store, killing: Any) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        owe(store, state=ENDED, outcome=LOST)
    assert kill.answer()["dead"] is False


def test_nothing_runs_and_the_kill_is_put_all_the_same(store: Store, killing: Any) -> None:
    kill = killing()
    with waiting(kill):
        pass
    assert kill.answer() == {"name": "a", "runs": [], "elsewhere": "", "dead": True}
    entry = store.get(keys.killer("a"))
    assert entry is not None
    assert entry.value == b""


def test_a_waiting_run_is_meant_and_an_ended_one_is_not(store: Store, killing: Any) -> None:
    owe(store, RUN, WAITING)
    owe(store, NEXT, ENDED, SUCCESS)
    kill = killing()
    with waiting(kill):
        owe(store, RUN, ENDED, "not_started")
    assert only(kill)["outcome"] == "not_started"


def test_a_run_that_comes_and_ends_while_the_kill_is_put_is_told_of(
    store: Store, killing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put_kill(*given: Any) -> int:
        owe(store)
        revision = kills.put_kill(*given)
        owe(store, state=ENDED, outcome=KILLED)
        return revision

    monkeypatch.setattr("master.killing.put_kill", put_kill)
    owe(store, NEXT, ENDED, SUCCESS)
    kill = killing()
    with waiting(kill):
        pass
    assert (only(kill)["runId"], only(kill)["outcome"]) == (RUN, "killed")


def test_a_later_run_is_neither_hit_nor_waited_for(store: Store, killing: Any) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        owe(store, NEXT)
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill)["runId"] == RUN


def test_a_kill_of_one_run_names_it_and_leaves_the_others(store: Store, killing: Any) -> None:
    owe(store)
    owe(store, NEXT)
    kill = killing(RUN)
    with waiting(kill):
        entry = store.get(keys.killer("a"))
        assert entry is not None
        assert entry.value == RUN.encode()
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill)["runId"] == RUN


def test_a_kill_says_who_asked(store: Store, logs: SqliteLogStore, edits: Edits) -> None:
    edits.save(a_job())
    for run_id in ("", RUN):
        owe(store)
        Killing(store, logs, SystemClock(), "a", run_id, "ann").begin()
        entry = store.get(keys.killer("a"))
        assert entry is not None
        assert unpack_kill(entry.value) == (run_id, "ann")


def test_a_kill_that_is_not_heard_tells_that_something_lives(store: Store, killing: Any) -> None:
    owe(store)
    kill = killing()
    with waiting(kill, 0.2):
        pass
    assert kill.answer()["dead"] is False
    assert only(kill)["text"] == "runs on 10.0.0.7:b"


def test_of_two_kills_at_once_the_first_is_put_again(store: Store, killing: Any) -> None:
    owe(store)
    owe(store, NEXT)
    first, second = killing(RUN), killing(NEXT)
    with waiting(first), waiting(second):
        seen = set()

        def both() -> bool:
            entry = store.get(keys.killer("a"))
            seen.add(entry.value if entry else b"")
            return seen == {RUN.encode(), NEXT.encode()}

        until(both, why="each is asked for again")
        owe(store, RUN, ENDED, KILLED)
        owe(store, NEXT, ENDED, KILLED)
    assert first.answer()["dead"] is second.answer()["dead"] is True


@pytest.mark.parametrize("one", [True, False])
def test_what_was_asked_for_and_not_taken_up_is_taken_back_with_a_record(
    store: Store, killing: Any, one: bool
) -> None:
    trigger = Trigger(NOON, NOON + 1, "ann")
    run_id = trigger.run_id("a", "0f")
    put(store, keys.trigger("a", "0f"), pack_trigger(trigger))
    put(store, keys.trigger("a", "1e"), b"nonsense")
    kill = killing(run_id if one else "")
    with waiting(kill):
        pass
    assert (only(kill)["outcome"], only(kill)["dead"]) == ("not_started", True)
    assert store.get(keys.trigger("a", "0f")) is None
    assert store.get(keys.trigger("a", "1e")) is not None
    owed = owed_by(store, "a")[run_id]
    assert (owed.state, owed.trigger, owed.by) == (ENDED, "manual", "ann")


def test_put_again_a_kill_of_all_names_single_runs(
    store: Store, killing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("master.killing.REMIND_SECONDS", 0.05)
    owe(store)
    kill = killing()
    with waiting(kill):
        put(store, keys.killer("a"), b"another")
        until(lambda: (e := store.get(keys.killer("a"))) and e.value == RUN.encode())
        owe(store, NEXT)
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill)["runId"] == RUN


def test_a_run_that_is_over_is_told_with_how_it_ended(
    store: Store, logs: SqliteLogStore, killing: Any
) -> None:
    logs.write(LogBatch((record(RUN, KILLED),)))
    before = contents(store)
    with pytest.raises(NoSuchRun, match=f"^{RUN} is over: killed$"):
        killing(RUN).begin()
    owe(store, NEXT, ENDED, SUCCESS)
    with pytest.raises(NoSuchRun, match=f"^{NEXT} is over: success: signal: killed$"):
        killing(NEXT).begin()
    assert contents(store).keys() - before.keys() == {keys.run("a", NEXT)}


@pytest.mark.parametrize("run_id", ["a@1", "b@1", "nonsense", "a@" + "9" * 500, "\udcff"])
def test_a_run_that_nobody_knows_is_refused_and_nothing_is_put(
    store: Store, killing: Any, run_id: str
) -> None:
    with pytest.raises(NoSuchRun, match=r"no run '.*' of the job 'a' is known"):
        killing(run_id).begin()
    assert store.get(keys.killer("a")) is None


def test_a_job_that_nobody_knows_is_refused(store: Store, logs: SqliteLogStore) -> None:
    with pytest.raises(NoSuchJob, match="no job named 'gone'"):
        Killing(store, logs, SystemClock(), "gone").begin()


def test_what_is_malformed_under_a_run_s_key_is_no_run(store: Store, killing: Any) -> None:
    put(store, keys.run("a", RUN), b"\xff")
    put(store, "/cron/runs/a/b/a/b@1", pack(OWED))
    put(store, "/cron/runs/a/x", json.dumps({}).encode())
    kill = killing()
    kill.begin()
    assert kill.answer()["runs"] == []


def test_a_store_that_goes_silent_meanwhile_leaves_the_outcome_open(
    store: Store, killing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(store)
    kill = killing()
    kill.begin()

    class Silent:
        def next(self, timeout: float) -> None:
            raise StoreLost("no answer")

        def cancel(self) -> None:
            pass

    def watch(prefixes: object) -> Watch:
        return Silent()

    monkeypatch.setattr(store, "watch", watch)
    with pytest.raises(OutcomeUnknown, match=r"was asked for.*no answer"):
        kill.wait(5)
    assert not issubclass(OutcomeUnknown, StoreError)


def test_what_a_go_worker_runs_is_told_of_and_waited_for(store: Store, killing: Any) -> None:
    lease = store.grant(30)
    put(store, keys.lock("a"), b"", lease)
    kill = killing()
    with waiting(kill):
        told = kill.answer()
        assert (told["runs"], told["elsewhere"], told["dead"]) == ([], "running", False)
        store.revoke(lease)
    told = kill.answer()
    assert (told["runs"], told["elsewhere"], told["dead"]) == ([], "over", True)


def test_locks_of_ours_and_those_on_no_lease_are_no_go_worker_s(store: Store, killing: Any) -> None:
    for value, lease in ((b"", 0), (lock.held(RUN, "w.1"), store.grant(30))):
        put(store, keys.lock("a"), value, lease)
        kill = killing()
        kill.begin()
        assert (kill.answer()["elsewhere"], kill.answer()["dead"]) == ("", True)
