"""Which runs a kill means: those that came before it, of the job or the one that it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common import keys
from common.owed import ENDED, WAITING, pack
from common.record import KILLED, SUCCESS
from common.store import Store, put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from master import kills
from tests.integration.edits.killing import NEXT, OWED, RUN, Kills, only, owe, waiting
from tests.integration.mastering import NOON, owed_by
from tests.waiting import until


def test_a_waiting_run_is_meant_and_an_ended_one_is_not(store: Store, killing: Kills) -> None:
    owe(store, RUN, WAITING)
    owe(store, NEXT, ENDED, SUCCESS)
    kill = killing()
    with waiting(kill):
        owe(store, RUN, ENDED, "not_started")
    assert only(kill)["outcome"] == "not_started"


def test_a_run_that_comes_and_ends_while_the_kill_is_put_is_told_of(
    store: Store, killing: Kills, monkeypatch: pytest.MonkeyPatch
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


def test_a_later_run_is_neither_hit_nor_waited_for(store: Store, killing: Kills) -> None:
    owe(store)
    kill = killing()
    with waiting(kill):
        owe(store, NEXT)
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill)["runId"] == RUN


def test_a_kill_of_one_run_names_it_and_leaves_the_others(store: Store, killing: Kills) -> None:
    owe(store)
    owe(store, NEXT)
    kill = killing(RUN)
    with waiting(kill):
        entry = store.get(keys.killer("a"))
        assert entry is not None
        assert entry.value == RUN.encode()
        owe(store, state=ENDED, outcome=KILLED)
    assert only(kill)["runId"] == RUN


def test_of_two_kills_at_once_the_first_is_put_again(store: Store, killing: Kills) -> None:
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
    store: Store, killing: Kills, one: bool
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
    store: Store, killing: Kills, monkeypatch: pytest.MonkeyPatch
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


def test_what_is_malformed_under_a_run_s_key_is_no_run(store: Store, killing: Kills) -> None:
    put(store, keys.run("a", RUN), b"\xff")
    put(store, "/cron/runs/a/b/a/b@1", pack(OWED))
    put(store, "/cron/runs/a/x", json.dumps({}).encode())
    kill = killing()
    kill.begin()
    assert kill.answer()["runs"] == []
