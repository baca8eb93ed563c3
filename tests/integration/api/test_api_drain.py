"""POST /api/v1/worker/drain and /undrain: what they put, wait for, answer and refuse."""

from __future__ import annotations

import getpass
import json

import pytest

from common import keys
from common.drain import unpack_drain
from common.store import Store, put
from tests.integration.mastering import Caller, contents

WORKER = "10.0.0.1"


def register(store: Store, draining: bool = False, worker: str = WORKER, **more: bool) -> None:
    """Stand for a worker that says whether it takes runs."""
    put(store, keys.worker(worker), json.dumps({"draining": draining, **more}).encode())


def test_a_drain_says_who_asked_and_why_and_that_the_worker_has_heard(
    master: Caller, store: Store
) -> None:
    register(store, draining=True)
    asked = {"worker": WORKER, "reason": "new disks"}
    answer = master.post_json("/api/v1/worker/drain", asked)
    assert answer.data == {"worker": WORKER, "heard": True}
    entry = store.get(keys.drain(WORKER))
    assert entry is not None
    drain = unpack_drain(entry.value)
    assert (drain.by, drain.reason, entry.lease) == (getpass.getuser(), "new disks", 0)
    (shown,) = master.get("/api/v1/workers").data
    assert shown["drained"] == {"by": drain.by, "at": drain.at, "reason": "new disks"}


def test_a_worker_that_took_something_ahead_which_is_still_to_start_is_waited_for(
    master: Caller, store: Store
) -> None:
    register(store, draining=True, ahead=True)
    asked = {"worker": WORKER, "waitSeconds": 0}
    assert master.post_json("/api/v1/worker/drain", asked).data["heard"] is False
    register(store, draining=True)
    assert master.post_json("/api/v1/worker/drain", asked).data["heard"] is True


def test_a_worker_that_does_not_hear_is_waited_for_no_longer_than_asked(
    master: Caller, store: Store
) -> None:
    register(store)
    answer = master.post_json("/api/v1/worker/drain", {"worker": WORKER, "waitSeconds": 0})
    assert answer.data == {"worker": WORKER, "heard": False}
    assert store.get(keys.drain(WORKER)) is not None


def test_an_undrained_worker_takes_runs_again_and_that_is_said_once(
    master: Caller, store: Store
) -> None:
    register(store, draining=True)
    master.post_json("/api/v1/worker/drain", {"worker": WORKER})
    register(store)
    answers = [master.post_json("/api/v1/worker/undrain", {"worker": WORKER}) for _ in range(2)]
    assert [answer.data["wasDrained"] for answer in answers] == [True, False]
    assert store.get(keys.drain(WORKER)) is None
    (shown,) = master.get("/api/v1/workers").data
    assert shown["drained"] is None


def test_a_drain_of_a_worker_that_is_gone_can_be_taken_back(master: Caller, store: Store) -> None:
    put(store, keys.drain("gone"), b"{}")
    answer = master.post_json("/api/v1/worker/undrain", {"worker": "gone"})
    told = {"worker": "gone", "wasDrained": True, "heard": True, "registered": False}
    assert answer.data == told
    assert store.get(keys.drain("gone")) is None


@pytest.mark.parametrize("call", ["drain", "undrain"])
def test_a_worker_that_is_not_there_is_refused_and_those_that_are_there_are_named(
    master: Caller, store: Store, call: str
) -> None:
    register(store, worker="10.0.0.2")
    before = contents(store)
    answer = master.post_json(f"/api/v1/worker/{call}", {"worker": WORKER})
    assert answer.errno == -1
    assert answer.msg == "no worker named '10.0.0.1' is registered; there are: 10.0.0.2"
    assert contents(store) == before


def test_a_worker_of_the_go_system_is_not_drained(master: Caller, store: Store) -> None:
    put(store, keys.worker(WORKER), b"")
    answer = master.post_json("/api/v1/worker/drain", {"worker": WORKER})
    assert answer.msg == "10.0.0.1 is a worker of the Go system, which cannot be drained"
    assert store.get(keys.drain(WORKER)) is None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "worker: is missing"),
        ({"worker": ["a"]}, "worker: expected text, got a list"),
        ({"worker": "a\ud800"}, "worker: half of a surrogate pair is not text"),
        ({"worker": WORKER, "reason": "x" * 1025}, "reason: expected at most 1024"),
        ({"worker": WORKER, "reason": 5}, "reason: expected text, got a number"),
        ({"worker": WORKER, "waitSeconds": 61}, "waitSeconds: expected seconds from 0 to 60"),
        ({"worker": WORKER, "raison": "x"}, "raison: is not a field of this call; did you mean re"),
    ],
)
def test_a_drain_that_cannot_be_meant_is_refused(
    master: Caller, store: Store, body: object, sentence: str
) -> None:
    register(store)
    answer = master.post_json("/api/v1/worker/drain", body)
    assert answer.errno == -1
    assert answer.msg.startswith(sentence)
    assert store.get(keys.drain(WORKER)) is None
