"""POST /api/v1/pause and /api/v1/resume: what they change, answer and refuse."""

from __future__ import annotations

import getpass

import pytest

from common import keys
from common.store import Store, put
from tests.integration.mastering import Caller, a_job, stored

FAR = 4_000_000_000_000  # 2096-10-02


def test_a_pause_and_a_resumption_of_a_job(master: Caller, store: Store) -> None:
    master.save(**a_job())
    asked = {"name": "a", "until": FAR, "reason": "a move"}
    assert master.post_json("/api/v1/pause", asked).data == {
        "name": "a",
        "until": FAR,
        "changed": True,
        "warnings": [],
    }
    paused = a_job(timezone="UTC", paused=True, pausedUntil=FAR, pauseReason="a move")
    assert stored(store) == paused | {"pausedBy": getpass.getuser()}
    assert master.get("/api/v1/job", name="a").data["next"] > FAR
    assert master.post_json("/api/v1/resume", {"name": "a"}).data == {
        "name": "a",
        "wasPaused": True,
    }
    assert stored(store) == a_job(timezone="UTC")
    assert master.post_json("/api/v1/resume", {"name": "a"}).data == {
        "name": "a",
        "wasPaused": False,
    }


def test_a_pause_warns_of_who_does_not_heed_it_and_not_of_too_few_workers(
    master: Caller, store: Store
) -> None:
    put(store, keys.worker("10.0.0.1"), b"{}")
    master.save(**a_job(hosts=3))
    (warning,) = master.get("/api/v1/job", name="a").data["warnings"]
    assert "it runs on 1" in warning
    assert master.post_json("/api/v1/pause", {"name": "a"}).data["warnings"] == []
    put(store, keys.worker("10.0.0.2"), b"")
    (warning,) = master.post_json("/api/v1/pause", {"name": "a"}).data["warnings"]
    assert warning.startswith("hosts, paused: Go workers are registered (10.0.0.2)")


def test_a_job_that_is_paused_without_an_end_has_no_next_instant(master: Caller) -> None:
    master.save(**a_job())
    master.post_json("/api/v1/pause", {"name": "a"})
    (shown,) = master.get("/api/v1/jobs").data
    assert shown["next"] is None
    assert shown["job"]["paused"] is True


def test_the_end_of_a_pause_is_read_in_the_job_s_zone(master: Caller, store: Store) -> None:
    master.save(**a_job(timezone="Asia/Tokyo"))
    master.post_json("/api/v1/pause", {"name": "a", "until": "2096-10-02T16:06:40"})
    assert stored(store)["pausedUntil"] == FAR


@pytest.mark.parametrize("call", ["pause", "resume"])
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"name": "b"}, "no job named 'b'"),
        ({}, "name: is missing"),
        ({"name": 7}, "name: expected text, got a number"),
        ({"name": "a", "reasons": "x"}, "reasons: is not a field of this call"),
        ([], "body: expected a JSON object"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(
    master: Caller, call: str, body: object, sentence: str
) -> None:
    master.save(**a_job())
    answer = master.post_json(f"/api/v1/{call}", body)
    assert (answer.errno, answer.data) == (-1, None)
    assert answer.msg.startswith(sentence)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (1000, "pausedUntil: 1970-01-01T00:00:01+00:00 is not in the future"),
        (-1, "until: '-1' is neither ISO 8601 nor milliseconds"),
        ("tomorrow", "until: 'tomorrow' is neither ISO 8601"),
        ("", "until: is empty"),
        (True, "until: expected milliseconds or ISO 8601"),
        (2.5, "until: expected milliseconds or ISO 8601"),
        (10**14, "pausedUntil: 100000000000000 is not"),
        ("9999-12-31T23:59", "pausedUntil: "),
    ],
)
def test_an_end_of_a_pause_that_cannot_be_meant_is_refused(
    master: Caller, store: Store, until: object, sentence: str
) -> None:
    master.save(**a_job())
    answer = master.post_json("/api/v1/pause", {"name": "a", "until": until})
    assert answer.errno == -1
    assert answer.msg.startswith(sentence)
    assert stored(store) == a_job(timezone="UTC")
