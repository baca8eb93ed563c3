"""The calls under /api/v1/ over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from common import keys
from common.constants import JOB_SAVE_DIR
from common.log_store import LogBatch
from common.record import JobLog
from common.schedule import expand_hash
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from tests.integration.mastering import HOURLY, NOON, Caller, a_job, contents, served, stored


@pytest.fixture
def master(store: Store, logs: SqliteLogStore) -> Iterator[Caller]:
    """A master over both, in a fleet that lives by the time of Berlin."""
    with served(store, logs, "Europe/Berlin") as caller:
        yield caller


def test_a_job_is_shown_with_its_text_its_next_instant_and_its_last_record(
    master: Caller, logs: SqliteLogStore
) -> None:
    master.save(**a_job())
    runs = [
        JobLog("a", "true", "", "out", t, t, t, t, run_id=f"a@{t}", outcome="success")
        for t in (NOON, NOON + 5)
    ]
    logs.write(LogBatch(tuple(runs)))
    (shown,) = master.get("/api/v1/jobs").data
    assert shown["job"] == a_job(timezone="Europe/Berlin")
    assert shown["last"]["runId"] == f"a@{NOON + 5}"
    assert shown["last"]["output"] == ""
    assert shown["next"] % 3_600_000 == 0
    assert "hour" in shown["text"]
    alone = master.get("/api/v1/job", name="a").data
    assert alone["job"] == shown["job"]
    assert alone["last"]["outcome"] == "success"


def test_jobs_come_by_name_and_invalid_ones_with_the_reason(master: Caller, store: Store) -> None:
    for name in ("c", "a"):
        master.save(**a_job(name=name))
    put(store, keys.job("b"), b"{")
    put(store, keys.job("d"), json.dumps(a_job(name="d", cronExpr="61 * * * *")).encode())
    a, b, c, d = master.get("/api/v1/jobs").data
    assert [item["job"]["name"] for item in (a, b, c, d)] == ["a", "b", "c", "d"]
    assert b["job"] == {"name": "b"}
    assert "not valid JSON" in b["invalid"]
    assert d["job"]["cronExpr"] == "61 * * * *"
    assert d["invalid"].startswith("cronExpr: minute")
    assert "invalid" not in a
    assert "not valid JSON" in master.get("/api/v1/job", name="b").data["invalid"]


def test_no_jobs_are_an_empty_list(master: Caller) -> None:
    assert master.get("/api/v1/jobs").data == []


def test_a_job_that_is_not_there_is_refused(master: Caller) -> None:
    assert master.get("/api/v1/job", name="a").msg == "no job named 'a'"
    assert master.get("/api/v1/job").msg == "name: is missing"
    assert master.get("/api/v1/job", name="a/b").msg.startswith("name: ")


def test_jobs_are_shown_without_records_while_the_log_store_is_gone(
    master: Caller, logs: SqliteLogStore
) -> None:
    master.save(**a_job())
    logs.close()
    (shown,) = master.get("/api/v1/jobs").data
    assert shown["last"] is None
    assert shown["lastUnknown"]


def test_many_jobs_are_saved_by_one_request(master: Caller, store: Store) -> None:
    master.save(**a_job(owner="eve"))
    jobs = [a_job(command="false"), a_job(name="b", cronExpr="H * * * *")]
    answer = master.post_json("/api/v1/jobs", jobs)
    assert answer.data == [
        {"name": "a", "created": False, "changed": True, "warnings": []},
        {"name": "b", "created": True, "changed": True, "warnings": []},
    ]
    assert stored(store)["owner"] == "eve"
    assert stored(store, "b")["cronExpr"] == expand_hash("H * * * *", "b")


def test_one_job_may_come_without_a_list(master: Caller) -> None:
    answer = master.post_json("/api/v1/jobs", a_job(), "application/json; charset=utf-8")
    assert answer.data == [{"name": "a", "created": True, "changed": True, "warnings": []}]


def test_a_newline_in_a_pattern_is_warned_of_and_what_stands_is_saved(
    master: Caller, store: Store
) -> None:
    answer = master.post_json("/api/v1/jobs", [a_job(failPattern="ERROR\n"), a_job(name="b")])
    told, plain = (item["warnings"] for item in answer.data)
    said = ["failPattern: a newline in it is never found, for it is looked for line by line"]
    assert (told, plain) == (said, [])
    assert stored(store)["failPattern"] == "ERROR\n"
    assert master.get("/api/v1/job", name="a").data["warnings"] == said


def test_what_is_listed_can_be_saved_again(master: Caller, store: Store) -> None:
    master.post_json("/api/v1/jobs", [a_job(name=f"j{n}", cronExpr="H H * * *") for n in range(5)])
    before = {key: value for key, (value, _) in contents(store).items()}
    shown = master.get("/job/list").data
    answer = master.post_json("/api/v1/jobs", shown)
    assert [item["created"] for item in answer.data] == [False] * 5
    assert {key: value for key, (value, _) in contents(store).items()} == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "body: not valid JSON"),
        (b'[{"name":"b"', "body: not valid JSON"),
        (b'[],"jobs":[]', "body: not valid JSON"),
        (b"5", "job 1: expected a JSON object, got a number"),
        (b'[{"name":"b","command":"c","command":"d"}]', "command: comes twice"),
        (b'\xef\xbb\xbf{"name":"b","name":"b"}', "name: comes twice"),
        ([a_job(), None], "job 2: expected a JSON object, got null"),
        ([a_job(name="b"), a_job(name="c", cronExpr="61 * * * *")], 'job 2 ("c"): cronExpr: min'),
        ([a_job(name="b"), {"name": "c"}], 'job 2 ("c"): command: is missing; 0 of 2 were saved'),
        ([a_job(name="b"), {}], "job 2 (null): name: is missing"),
        ([a_job(name="b"), a_job(name=["c"])], 'job 2 (["c"]): name: expected text'),
        ([a_job(name="b"), a_job(name="b")], 'job 2 ("b"): name: comes twice'),
        ([a_job(name="b"), a_job(name="ü")], 'job 2 ("ü"): name: '),
        ([a_job(name="b"), a_job(name="c", timeoutSecond=1)], "did you mean timeoutSeconds?"),
    ],
)
def test_one_bad_job_refuses_all_and_nothing_is_changed(
    master: Caller, store: Store, body: Any, sentence: str
) -> None:
    master.save(**a_job())
    before = contents(store)
    answer = master.post_json("/api/v1/jobs", body)
    assert (answer.status, answer.errno, answer.data) == (400, -1, None)
    assert sentence in answer.msg
    assert contents(store) == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(master: Caller, store: Store, kind: str) -> None:
    before = contents(store)
    answer = master.post_json("/api/v1/jobs", a_job(), kind)
    assert (answer.status, answer.errno) == (415, -1)
    assert contents(store) == before


def test_an_expression_is_explained_by_the_engine_that_schedules(master: Caller) -> None:
    answer = master.get("/api/v1/explain", expr="0 3 * * *", zone="UTC", count=3, **{"from": NOON})
    first = NOON + 15 * 3_600_000
    assert answer.data["next"] == [first, first + 86_400_000, first + 2 * 86_400_000]
    assert "03:00" in answer.data["text"]


def test_an_expression_is_explained_in_the_fleets_zone_unless_it_names_one(
    master: Caller,
) -> None:
    ask = {"expr": "0 3 * * *", "count": 1, "from": "2023-11-15T12:00"}
    berlin = master.get("/api/v1/explain", **ask).data["next"]
    assert berlin == [NOON + 14 * 3_600_000]
    tokyo = master.get("/api/v1/explain", zone="Asia/Tokyo", **ask).data["next"]
    assert tokyo == [NOON + 6 * 3_600_000]


def test_five_instants_are_given_unless_asked_otherwise(master: Caller) -> None:
    assert len(master.get("/api/v1/explain", expr=HOURLY).data["next"]) == 5
    assert master.get("/api/v1/explain", expr="0 0 1 1 * 1999").data["next"] == []


def test_h_is_explained_for_the_job_that_it_is_for(master: Caller) -> None:
    plain = master.get("/api/v1/explain", expr=expand_hash("H * * * *", "a"), **{"from": NOON})
    hashed = master.get("/api/v1/explain", expr="H * * * *", name="a", **{"from": NOON})
    assert hashed.data["next"] == plain.data["next"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "expr: is missing"),
        ({"expr": "61 * * * *"}, "cronExpr: minute"),
        ({"expr": HOURLY, "zone": "Mars/Base"}, "timezone: "),
        ({"expr": HOURLY, "count": "1001"}, "count: "),
        ({"expr": HOURLY, "count": "x"}, "count: "),
        ({"expr": HOURLY, "from": "soon"}, "from: "),
        ({"expr": "H * * * *"}, "cronExpr: "),
    ],
)
def test_what_cannot_be_explained_is_refused(
    master: Caller, query: dict[str, str], sentence: str
) -> None:
    answer = master.get("/api/v1/explain", **query)
    assert (answer.status, answer.errno) == (400, -1)
    assert answer.msg.startswith(sentence)


UNHEARD = {"clockAheadMs": None, "clockOff": False}


def test_workers_are_shown_with_what_they_registered(master: Caller, store: Store) -> None:
    put(store, keys.worker("10.0.0.1:blue"), b'{"labels": {"role": "db"}}')
    put(store, keys.worker("10.0.0.2"), b"")
    put(store, keys.worker("10.0.0.3"), b"{torn")
    assert master.get("/api/v1/workers").data == [
        {
            "id": "10.0.0.1:blue",
            "kind": "fleetcron",
            "registration": {"labels": {"role": "db"}},
            "drained": None,
            **UNHEARD,
        },
        {"id": "10.0.0.2", "kind": "go", "registration": None, "drained": None, **UNHEARD},
        {"id": "10.0.0.3", "kind": "unknown", "registration": None, "drained": None, **UNHEARD},
    ]


def test_the_version_is_told(master: Caller) -> None:
    assert master.get("/api/v1/version").data["version"]


def test_health_is_that_of_the_store(master: Caller, store: Store) -> None:
    assert (master.get("/healthz").status, master.get("/healthz").errno) == (200, 0)
    store.close()
    sick = master.get("/healthz")
    assert (sick.status, sick.errno) == (503, -1)


def test_a_page_of_another_site_cannot_save_a_job(master: Caller, store: Store) -> None:
    before = contents(store)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    theirs = form | {"Sec-Fetch-Site": "cross-site"}
    answer = master.send("POST", "/job/save", b"job=%7B%7D", theirs)
    assert (answer.status, answer.errno) == (403, -1)
    assert contents(store) == before


def test_an_error_of_ours_is_logged_once_and_not_shown(
    master: Caller, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read = store.snapshot
    broken = lambda prefix: read(prefix) if prefix != JOB_SAVE_DIR else 1 / 0  # noqa: E731
    monkeypatch.setattr(store, "snapshot", broken)
    answer = master.get("/job/list")
    assert (answer.status, answer.errno, answer.data) == (200, -1, None)
    assert answer.msg == "internal error; the master's log says more"
    assert [r.exc_info is not None for r in caplog.records if r.levelname == "ERROR"] == [True]


def test_jobs_can_be_checked_without_saving_them(master: Caller) -> None:
    assert master.post_json("/api/v1/jobs?check=1", [a_job()]).data == []
    wrong = master.post_json("/api/v1/jobs?check=1", [a_job(), a_job(name="b", cronExpr="x")])
    assert wrong.errno == -1
    assert "cronExpr" in wrong.msg
    assert master.post_json("/api/v1/jobs?check=yes", a_job()).errno == -1
    assert master.get("/api/v1/jobs").data == []
