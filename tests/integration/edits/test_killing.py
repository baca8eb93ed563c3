"""Kills with an answer, against real stores; what a worker does is written by hand."""

from __future__ import annotations

import pytest

from common import keys, lock
from common.clock import SystemClock
from common.errors import StoreError, StoreLost
from common.killer import unpack_kill
from common.log_store import LogBatch
from common.owed import ENDED
from common.record import KILLED, LOST, SUCCESS
from common.sqlite_log import SqliteLogStore
from common.store import Store, Watch, delete, put
from master.edits import Edits
from master.killing import Killing
from master.refusals import OutcomeUnknown
from tests.integration.edits.killing import RUN, Kills, only, owe, record, waiting
from tests.integration.mastering import a_job


def test_a_kill_tells_what_it_hit_and_when_that_is_dead(store: Store, killing: Kills) -> None:
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
    store: Store, logs: SqliteLogStore, killing: Kills
) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        logs.write(LogBatch((record(RUN, SUCCESS),)))
        delete(store, keys.run("a", RUN))
    assert (only(kill)["outcome"], only(kill)["dead"]) == ("success", True)


def test_a_run_that_is_gone_without_a_record_is_over_all_the_same(
    store: Store, killing: Kills
) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        delete(store, keys.run("a", RUN))
    assert (only(kill)["state"], only(kill)["outcome"], only(kill)["dead"]) == ("ended", "", True)


def test_what_was_lost_with_its_worker_is_not_said_to_be_dead(store: Store, killing: Kills) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        owe(store, state=ENDED, outcome=LOST)
    assert kill.answer()["dead"] is False


def test_nothing_runs_and_the_kill_is_put_all_the_same(store: Store, killing: Kills) -> None:
    kill = killing()
    with waiting(kill):
        pass
    assert kill.answer() == {"name": "a", "runs": [], "elsewhere": "", "dead": True}
    entry = store.get(keys.killer("a"))
    assert entry is not None
    assert entry.value == b""


def test_a_kill_says_who_asked(store: Store, logs: SqliteLogStore, edits: Edits) -> None:
    edits.save(a_job())
    for run_id in ("", RUN):
        owe(store)
        Killing(store, logs, SystemClock(), "a", run_id, "ann").begin()
        entry = store.get(keys.killer("a"))
        assert entry is not None
        assert unpack_kill(entry.value) == (run_id, "ann")


def test_a_kill_that_is_not_heard_tells_that_something_lives(store: Store, killing: Kills) -> None:
    owe(store)
    kill = killing()
    with waiting(kill, 0.2):
        pass
    assert kill.answer()["dead"] is False
    assert only(kill)["text"] == "runs on 10.0.0.7:b"


def test_a_store_that_goes_silent_meanwhile_leaves_the_outcome_open(
    store: Store, killing: Kills, monkeypatch: pytest.MonkeyPatch
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


def test_what_a_go_worker_runs_is_told_of_and_waited_for(store: Store, killing: Kills) -> None:
    lease = store.grant(30)
    put(store, keys.lock("a"), b"", lease)
    kill = killing()
    with waiting(kill):
        told = kill.answer()
        assert (told["runs"], told["elsewhere"], told["dead"]) == ([], "running", False)
        store.revoke(lease)
    told = kill.answer()
    assert (told["runs"], told["elsewhere"], told["dead"]) == ([], "over", True)


def test_locks_of_ours_and_those_on_no_lease_are_no_go_worker_s(
    store: Store, killing: Kills
) -> None:
    for value, lease in ((b"", 0), (lock.held(RUN, "w.1"), store.grant(30))):
        put(store, keys.lock("a"), value, lease)
        kill = killing()
        kill.begin()
        assert (kill.answer()["elsewhere"], kill.answer()["dead"]) == ("", True)
