"""GET /api/v1/audit over real sockets: each call of a master that changes something is told."""

from __future__ import annotations

import getpass
import os

import pytest
from click.testing import CliRunner

from cli.__main__ import fleetcron
from common import keys
from common.audit import WHATS
from common.constants import KEEPER_KEY
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from master.keeper_state import KeeperState
from tests.integration.auditing import told_of
from tests.integration.mastering import Caller, a_job, served
from tests.waiting import until

ME = getpass.getuser() if os.getuid() else "root"


def test_each_call_that_changes_something_is_told(master: Caller, store: Store) -> None:
    put(store, keys.worker("w"), b'{"room": true}')
    calls = [
        master.save(**a_job()),
        master.post_json("/api/v1/jobs", a_job(command="false")),
        master.post_json("/api/v1/pause", {"name": "a", "reason": "a move"}),
        master.post_json("/api/v1/resume", {"name": "a"}),
        master.post_json("/api/v1/run", {"name": "a"}),
        master.post("/job/kill", name="a"),
        master.post_json("/api/v1/kill", {"name": "a", "waitSeconds": 0}),
        master.post_json("/api/v1/worker/drain", {"worker": "w", "waitSeconds": 0}),
        master.post_json("/api/v1/worker/undrain", {"worker": "w", "waitSeconds": 0}),
        master.post("/job/delete", name="a"),
    ]
    assert [answer.errno for answer in calls] == [0] * len(calls)
    told = master.get("/api/v1/audit").data
    assert [entry["what"] for entry in reversed(told["entries"])] == [
        "created", "changed", "paused", "resumed", "run", "killed", "killed", "drained",
        "undrained", "deleted",
    ]  # fmt: skip
    assert {(entry["by"], entry["from"]) for entry in told["entries"]} == {(ME, "127.0.0.1")}
    changed = told["entries"][-2]
    assert (changed["before"]["command"], changed["after"]["command"]) == ("true", "false")
    assert changed["fields"] == ["command"]
    assert (told["next"], told["problem"]) == (None, "")


@pytest.fixture
def looked_for_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are moved at once."""
    monkeypatch.setattr("master.audit_mover.LOOK_SECONDS", 0.2)


def test_what_waits_goes_to_the_log_store_and_is_told_as_before(
    looked_for_soon: None, master: Caller, store: Store, logs: SqliteLogStore
) -> None:
    for number in range(5):
        master.save(**a_job(name=f"j{number}"))
    before = master.get("/api/v1/audit").data
    until(lambda: told_of(store) == [], 20, "the keeper moves them")
    assert master.get("/api/v1/audit").data == before
    assert [entry["job"] for entry in before["entries"]] == ["j4", "j3", "j2", "j1", "j0"]


def test_the_audit_is_read_in_pages_and_by_filters(master: Caller) -> None:
    for number in range(5):
        master.save(**a_job(name=f"j{number % 2}", command=f"echo {number}"))
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while True:
        page = master.get("/api/v1/audit", limit=2, **after).data
        pages.append([entry["after"]["command"][-1] for entry in page["entries"]])
        if not page["next"]:
            break
        after = {"after": page["next"]}
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    created = master.get("/api/v1/audit", job="j1", what="created,deleted").data["entries"]
    assert [entry["after"]["command"] for entry in created] == ["echo 1"]
    assert master.get("/api/v1/audit", by="nobody").data["entries"] == []
    assert len(master.get("/api/v1/audit", by=ME, since="2020-01-01").data["entries"]) == 5
    assert master.get("/api/v1/audit", until="2020-01-01").data["entries"] == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"user": "ann"}, "user: is not a field of this call"),
        ({"limit": -1}, "limit: '-1' is not a whole number from 1 to 1000"),
        ({"limit": 0}, "limit: '0' is not a whole number from 1 to 1000"),
        ({"since": "yesterday"}, "since: 'yesterday' is neither ISO 8601 nor milliseconds"),
        ({"until": "2020-13-01"}, "until: '2020-13-01' is neither"),
        ({"after": "17"}, "after: '17' is no `next` of an answer"),
        ({"what": "renamed"}, f"what: expected of {', '.join(WHATS)}, got 'renamed'"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(
    master: Caller, query: dict[str, object], sentence: str
) -> None:
    answer = master.get("/api/v1/audit", **query)
    assert (answer.status, answer.errno) == (400, -1)
    assert answer.msg.startswith(sentence)


def test_retention_is_told_with_its_rules_and_what_was_done(
    store: Store, logs: SqliteLogStore
) -> None:
    with served(store, logs, keep_days=30.0, keep_bytes=10**9) as master:
        until(lambda: store.get(KEEPER_KEY) is not None, 10, "it keeps house")
        told = master.get("/api/v1/retention").data
        assert told["rules"]["days"] == 30
        assert told["rules"]["failedDays"] == 120
        assert told["keeper"]
        assert told["text"].startswith("records are kept: 30 days (failed ones 120), 1000000000")
        assert (told["last"], told["auditWaiting"]) == (None, 0)
        KeeperState(store, "me", lambda: 5).passed({"age": 3}, 1, 2, "")
        last = {"by": "me", "at": 5, "removed": {"age": 3}, "oldest": 1, "bytes": 2, "problem": ""}
        assert master.get("/api/v1/retention").data["last"] == last
        assert master.get("/api/v1/retention", job="a").errno == -1
    assert store.get(KEEPER_KEY) is None


def test_a_size_that_is_not_known_is_told_as_that(store: Store, master: Caller) -> None:
    KeeperState(store, "me", lambda: 5).passed({}, None, None, "")
    server = f"http://127.0.0.1:{master.port}"
    shown = CliRunner().invoke(fleetcron, ["retention", "--server", server])
    assert "records: of a size that is not known\n" in shown.stdout
