"""The calls about revisions over real sockets."""

from __future__ import annotations

import pytest

from common import keys
from common.store import Store
from tests.integration.mastering import Caller, a_job, stored


def test_a_revision_is_shown_and_restored(master: Caller, store: Store) -> None:
    master.save(**a_job(owner="eve"))
    master.save(**a_job(command="false"))
    page = master.get("/api/v1/revisions", name="a").data
    changed, created = page["revisions"]
    assert (changed["what"], changed["current"], changed["fields"]) == (
        "changed",
        True,
        ["command"],
    )
    assert (created["what"], created["current"], created["from"]) == ("created", False, "127.0.0.1")
    shown = master.get("/api/v1/revision", name="a", revision=created["revision"]).data
    assert shown["job"] == a_job(owner="eve", timezone="UTC")
    wanted = {"name": "a", "revision": created["revision"]}
    assert master.post_json("/api/v1/restore", wanted).data["changed"] is True
    assert stored(store) == shown["job"]
    assert master.post_json("/api/v1/restore", wanted).data["changed"] is False
    newest = master.get("/api/v1/revisions", name="a", limit=1).data["revisions"][0]
    assert newest["what"] == "restored"
    assert newest["reason"] == f"revision {created['revision']}"


def test_a_deletion_is_no_revision_to_restore(master: Caller, store: Store) -> None:
    master.save(**a_job())
    master.post("/job/delete", name="a")
    deleted, created = master.get("/api/v1/revisions", name="a").data["revisions"]
    answer = master.post_json("/api/v1/restore", {"name": "a", "revision": deleted["revision"]})
    assert answer.msg == f"revision {deleted['revision']} is the deletion of 'a'"
    assert (
        master.get("/api/v1/revision", name="a", revision=deleted["revision"]).data["job"] is None
    )
    made = master.post_json("/api/v1/restore", {"name": "a", "revision": created["revision"]})
    assert made.errno == 0
    assert store.get(keys.job("a")) is not None


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"name": "a"}, "revision: is missing"),
        ({"name": "a", "revision": "1"}, "revision: expected a whole number, got text"),
        ({"name": "a", "revision": 1.5}, "revision: expected a whole number, got 1.5"),
        ({"name": "a", "revision": True}, "revision: expected a whole number, got true or false"),
        ({"name": "a", "revision": -1}, "revision: -1 is not one"),
        ({"name": "a", "revision": 10**20}, f"revision: {10**20} is not one"),
        ({"name": "a", "revision": 999_999_999}, "no revision 999999999 of the job 'a'"),
        ({"revision": 1}, "name: is missing"),
        ({"name": "a", "revision": 1, "force": True}, "force: is not a field"),
    ],
)
def test_a_restoration_that_makes_no_sense_is_refused(
    master: Caller, body: dict[str, object], sentence: str
) -> None:
    master.save(**a_job())
    answer = master.post_json("/api/v1/restore", body)
    assert answer.errno == -1
    assert answer.msg.startswith(sentence)


def test_queries_that_make_no_sense_are_refused(master: Caller) -> None:
    for path, query in (
        ("/api/v1/revisions", {}),
        ("/api/v1/revisions", {"name": "a", "limit": "-3"}),
        ("/api/v1/revisions", {"name": "a", "after": "x"}),
        ("/api/v1/revisions", {"name": "gone"}),
        ("/api/v1/revision", {"name": "a"}),
        ("/api/v1/revision", {"name": "a", "revision": "0"}),
    ):
        assert master.get(path, **query).errno == -1
