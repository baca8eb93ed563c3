"""The calls that find records, count them and say how a job's runs went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from common.clock import SystemClock
from common.keys import worker
from common.log_store import LogBatch
from common.record import FAILED, MISSED, SUCCESS, TIMEOUT, JobLog
from common.search import Search
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from master import searching
from master.request import Refused
from tests.contract.log_store_room import T, run
from tests.integration.mastering import Answer, Caller


def ids(answer: Answer) -> list[str]:
    """The run ids of a page."""
    assert answer.errno == 0, answer.msg
    return [record["runId"] for record in answer.data["records"]]


def written(logs: SqliteLogStore, *records: JobLog) -> list[str]:
    """Write these; their run ids, newest first."""
    logs.write(LogBatch(records))
    return [record.run_id for record in sorted(records, key=lambda each: -each.start_time)]


@pytest.fixture
def known(logs: SqliteLogStore) -> dict[str, str]:
    """Records of which each is told from the others by something; their run ids."""
    records = {
        "job": run("b", 0, worker="w", outcome=SUCCESS),
        "outcome": run("a", 1, worker="w", outcome=FAILED),
        "worker": run("a", 2, worker="w9", outcome=SUCCESS),
        "trigger": run("a", 3, worker="w", trigger="manual", outcome=SUCCESS),
        "late": run("a", 3_600_000, worker="w", outcome=SUCCESS),
        "long": run("a", 4, worker="w", outcome=SUCCESS, end_time=T + 60_004),
        "skipped": run("a", 5, end_time=T + 5, outcome=MISSED),
    }
    written(logs, *records.values())
    return {name: record.run_id for name, record in records.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"job": "b"}, ["job"]),
        ({"outcome": FAILED}, ["outcome"]),
        ({"outcome": f"{FAILED},{MISSED}"}, ["skipped", "outcome"]),
        ({"worker": "w9"}, ["worker"]),
        ({"trigger": "manual"}, ["trigger"]),
        ({"since": T + 5}, ["late", "skipped"]),
        ({"since": "2023-11-14T22:13:20.005Z", "until": "2023-11-15"}, ["late", "skipped"]),
        ({"until": T + 1}, ["job"]),
        ({"tookAtLeast": 60_000}, ["long"]),
        ({"tookAtMost": 9, "until": T + 3}, ["worker", "outcome", "job"]),
        ({"job": "a", "worker": "w", "outcome": SUCCESS}, ["late", "long", "trigger"]),
        ({"job": "nobody"}, []),
    ],
)
def test_records_are_found_by_each_filter(
    master: Caller, known: dict[str, str], query: dict[str, object], found: list[str]
) -> None:
    assert ids(master.get("/api/v1/records", **query)) == [known[name] for name in found]


def test_pages_follow_each_other_by_what_the_one_before_says(
    master: Caller, logs: SqliteLogStore
) -> None:
    all_ids = written(logs, *(run("ü:1", n // 3, run_id=f"ü:1@{n}", output="x") for n in range(25)))
    seen: list[str] = []
    after: dict[str, Any] = {}
    for size in (10, 10, 5):
        answer = master.get("/api/v1/records", job="ü:1", limit=10, **after)
        assert (len(answer.data["records"]), answer.data["complete"]) == (size, True)
        assert {record["output"] for record in answer.data["records"]} == {""}
        seen += ids(answer)
        after = {"after": answer.data["next"]}
    assert after == {"after": None}
    assert sorted(seen) == sorted(all_ids)
    assert answer.data["lookedTo"] is None


def test_the_records_of_a_host_are_those_of_the_workers_there(
    master: Caller, store: Store, logs: SqliteLogStore
) -> None:
    put(store, worker("10.0.0.1"), b'{"host": "db7"}')
    put(store, worker("10.0.0.1:second"), b'{"host": "db7"}')
    put(store, worker("10.0.0.2"), b'{"host": "web1"}')
    workers = ("10.0.0.1", "10.0.0.1:second", "10.0.0.2", "10.0.0.9")
    records = [run("a", n, worker=name) for n, name in enumerate(workers)]
    first, second, third, gone = [record.run_id for record in records]
    written(logs, *records)
    for host, found in (
        ("db7", [second, first]),
        ("10.0.0.1", [second, first]),
        ("web1", [third]),
        ("10.0.0.9", [gone]),
        ("unknown", []),
    ):
        assert ids(master.get("/api/v1/records", host=host)) == found


def test_one_record_is_told_whole(master: Caller, logs: SqliteLogStore) -> None:
    written(logs, run("a", 0, output="printed", outcome=SUCCESS))
    answer = master.get("/api/v1/record", id=f"a@{T}")
    assert (answer.data["output"], answer.data["outcome"]) == ("printed", SUCCESS)
    missing = master.get("/api/v1/record", id="a@1")
    assert (missing.status, missing.errno) == (404, -1)
    assert missing.msg == "there is no record of the run a@1"


def test_a_search_that_finds_nothing_says_whether_there_is_a_job_of_that_name(
    master: Caller, known: dict[str, str]
) -> None:
    master.save(name="c", command="true", cronExpr="@yearly")
    asked = (
        {"job": "typo"},
        {"job": "c"},
        {"job": "b"},
        {"worker": "none"},
        {"job": "typo", "text": "x"},
    )
    told = [master.get("/api/v1/records", **query).data["noSuchJob"] for query in asked]
    assert told == [True, False, False, False, True]


def test_outcomes_are_counted_with_the_same_filters(
    master: Caller, known: dict[str, str], logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("master.api_records.MOST_COUNTED", 4)
    counts = master.get("/api/v1/records/counts").data
    assert counts == {
        "counts": {SUCCESS: 4, FAILED: 1, MISSED: 1},
        "atLeast": [SUCCESS],
        "unknown": [],
    }
    assert master.get("/api/v1/records/counts", worker="w9").data["counts"] == {SUCCESS: 1}


def test_the_statistics_of_a_job_are_of_its_runs(master: Caller, logs: SqliteLogStore) -> None:
    ends = [run("a", n, end_time=T + n + 100 * (n + 1), outcome=SUCCESS) for n in range(17)]
    failed = run("a", 20, end_time=T + 20 + 5000, outcome=FAILED, err="exit status 1")
    go = [replace(run("a", n, end_time=T + n + 10), err=err) for n, err in ((30, ""), (31, "no"))]
    slow = run("a", 40, end_time=T + 40 + 90_000, outcome=TIMEOUT)
    skipped = [run("a", 50 + n, end_time=T + 50 + n, outcome=MISSED) for n in range(9)]
    written(logs, *ends, failed, *go, slow, *skipped, run("b", 0, outcome=FAILED))
    assert master.get("/api/v1/job/stats", name="a").data == {
        "runs": 21,
        "success": 18,
        "successRate": 18 / 21,
        "p50Ms": 800,
        "p95Ms": 1700,
        "from": T,
        "to": T + 40,
        "complete": True,
    }
    late = master.get("/api/v1/job/stats", name="a", since=T + 31).data
    assert (late["runs"], late["success"], late["p50Ms"]) == (2, 0, 10)
    assert master.get("/api/v1/job/stats", name="c").msg == "no job named 'c'"
    master.save(name="c", command="true", cronExpr="@yearly")
    none = master.get("/api/v1/job/stats", name="c").data
    assert (none["runs"], none["successRate"], none["p50Ms"]) == (0, None, None)


def test_words_are_found_in_outputs_in_any_case_and_order(
    master: Caller, logs: SqliteLogStore
) -> None:
    outputs = ("Disk FULL on ÜBER", "disk half full", "nothing", "über\ndisk: full")
    found = written(logs, *(run("a", n, output=text) for n, text in enumerate(outputs)))
    answer = master.get("/api/v1/records", text="full über")
    assert ids(answer) == [found[0], found[3]]
    assert (answer.data["looked"], answer.data["next"], answer.data["complete"]) == (4, None, True)
    assert {record["output"] for record in answer.data["records"]} == {""}
    assert ids(master.get("/api/v1/records", text="f.ll")) == []
    assert ids(master.get("/api/v1/records", pattern="^disk.*l$")) == [found[0], found[2]]
    assert ids(master.get("/api/v1/records", pattern="l$", text="half")) == [found[2]]


def test_a_page_of_words_ends_where_it_is_full_and_the_next_goes_on(
    master: Caller, logs: SqliteLogStore
) -> None:
    records = [run("a", n, output="odd" if n % 2 else "even") for n in range(20)]
    odd = [run_id for run_id in written(logs, *records) if int(run_id[2:]) % 2]
    first = master.get("/api/v1/records", text="odd", limit=4)
    assert ids(first) == odd[:4]
    assert (first.data["looked"], first.data["lookedTo"]) == (7, T + 13)
    rest = master.get("/api/v1/records", text="odd", after=first.data["next"])
    assert ids(rest) == odd[4:]


def test_a_look_into_outputs_is_bounded_and_says_how_far_it_came(
    master: Caller, logs: SqliteLogStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LOOK_RECORDS", 5)
    found = written(logs, *(run("a", n, output="x" if n == 1 else "") for n in range(12)))
    query: dict[str, Any] = {"text": "x"}
    pages = [master.get("/api/v1/records", **query).data]
    while pages[-1]["next"]:
        pages.append(master.get("/api/v1/records", **query, after=pages[-1]["next"]).data)
    assert [page["looked"] for page in pages] == [5, 5, 2]
    assert [page["complete"] for page in pages] == [False, False, True]
    assert [page["lookedTo"] for page in pages] == [T + 7, T + 2, None]
    assert [len(page["records"]) for page in pages] == [0, 0, 1]
    assert pages[2]["records"][0]["runId"] == found[10]


def test_who_comes_while_too_many_look_into_outputs_is_told_to_try_again(
    logs: SqliteLogStore,
) -> None:
    written(logs, run("a", 0, output="x"))
    looking = searching.Searching(logs, SystemClock())
    refused: list[Refused] = []

    def look(depth: int) -> None:
        def matches(output: str) -> bool:
            look(depth + 1)
            return True

        try:
            looking.page(Search(), None, 1, matches)
        except Refused as error:
            refused.append(error)

    look(0)
    (only,) = refused
    assert (only.reply.status, dict(only.reply.headers)) == (503, {"Retry-After": "1"})
    found, _ = looking.page(Search(), None, 1, lambda output: True)
    assert len(found.records) == 1
