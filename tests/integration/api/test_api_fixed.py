"""The six calls of the fixed interface over real sockets."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from common import keys
from common.log_store import LogBatch
from common.record import JobLog
from common.sqlite_log import SqliteLogStore
from common.store import Store, put
from tests.integration.mastering import Answer, Caller, a_job, contents, stored


def a_log(number: int, **fields: Any) -> JobLog:
    """The record of a run of job `a`."""
    start = 1_700_049_600_000 + number
    values = {"job_name": "a", "command": "true", "err": "", "output": f"out {number}\n"}
    times = dict.fromkeys(("plan_time", "schedule_time", "start_time", "end_time"), start)
    return JobLog(**(values | times | {"run_id": f"a@{start}"} | fields))


def test_a_job_is_saved_listed_killed_and_deleted_in_the_shapes_of_the_interface(
    master: Caller, store: Store
) -> None:
    job = a_job(timezone="UTC")
    first = master.save(**a_job())
    assert (first.status, first.errno, first.msg, first.data) == (200, 0, "success", None)
    assert master.get("/job/list").data == [job]
    assert master.save(**a_job(command="false")).data == job
    killed = master.post("/job/kill", name="a")
    assert (killed.errno, killed.msg, killed.data) == (0, "success", None)
    assert store.get(keys.killer("a")) is not None
    assert master.post("/job/delete", name="a").data == job | {"command": "false"}
    gone = master.post("/job/delete", name="a")
    assert (gone.errno, gone.data) == (0, None)


def test_lists_are_empty_and_never_null(master: Caller) -> None:
    assert master.get("/job/list").data == []
    assert master.get("/worker/list").data == []
    master.save(**a_job())
    assert master.get("/job/log", name="a").data == []


def test_jobs_are_listed_by_name_and_malformed_ones_left_out(
    master: Caller, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("b", "a", "c"):
        master.save(**a_job(name=name))
    put(store, keys.job("b"), b"{")
    put(store, keys.job("bb"), json.dumps(a_job(name="other")).encode())
    put(store, keys.job("huge"), json.dumps(a_job(name="huge", x="x" * 1_400_000)).encode())
    for _ in range(3):
        assert [job["name"] for job in master.get("/job/list").data] == ["a", "c"]
    said = [r.getMessage() for r in caplog.records if "malformed" in r.getMessage()]
    assert [text.split(" ")[0] for text in said] == [
        "/cron/jobs/b",
        "/cron/jobs/bb",
        "/cron/jobs/huge",
    ]


def test_a_job_of_the_go_master_is_listed_with_its_three_fields(
    master: Caller, store: Store
) -> None:
    theirs = {"name": "中文 </script>", "command": "echo \"'", "cronExpr": "*/5 * * * * * *"}
    put(store, keys.job("中文 </script>"), json.dumps(theirs).encode())
    assert master.get("/job/list").data == [theirs]


def test_workers_are_listed_as_they_stand_in_their_keys(master: Caller, store: Store) -> None:
    for worker in ("10.0.0.2", "10.0.0.10:blue", "not an address"):
        put(store, keys.worker(worker), b"")
    assert master.get("/worker/list").data == ["10.0.0.10:blue", "10.0.0.2", "not an address"]


def test_logs_come_newest_first_in_pages_of_twenty(master: Caller, logs: SqliteLogStore) -> None:
    logs.write(LogBatch(tuple(a_log(number) for number in range(25))))
    page = master.get("/job/log", name="a").data
    assert [record["output"] for record in page] == [f"out {n}\n" for n in range(24, 4, -1)]
    assert [r["output"] for r in master.get("/job/log", name="a", skip=20).data] == [
        f"out {n}\n" for n in range(4, -1, -1)
    ]
    assert [r["output"] for r in master.get("/job/log", name="a", skip=3, limit=1).data] == [
        "out 21\n"
    ]
    assert master.get("/job/log", name="a", skip=25).data == []


def test_a_record_has_the_eight_fixed_fields_and_our_own(
    master: Caller, logs: SqliteLogStore
) -> None:
    logs.write(LogBatch((a_log(0, outcome="failed", err="exit status 3", exit_code=3),)))
    (record,) = master.get("/job/log", name="a").data
    start = 1_700_049_600_000
    assert record == {
        "jobName": "a",
        "command": "true",
        "err": "exit status 3",
        "output": "out 0\n",
        "planTime": start,
        "scheduleTime": start,
        "startTime": start,
        "endTime": start,
        "runId": f"a@{start}",
        "outcome": "failed",
        "exitCode": 3,
    }


def test_the_log_of_a_deleted_job_stays(master: Caller, logs: SqliteLogStore) -> None:
    logs.write(LogBatch((a_log(0),)))
    assert len(master.get("/job/log", name="a").data) == 1


def test_a_job_without_records_and_without_a_job_has_no_log(master: Caller) -> None:
    answer = master.get("/job/log", name="nobody")
    assert (answer.errno, answer.msg, answer.data) == (-1, "no job named 'nobody'", None)


def test_a_kill_of_a_job_that_is_not_there_is_refused(master: Caller, store: Store) -> None:
    before = contents(store)
    answer = master.post("/job/kill", name="nobody")
    assert (answer.errno, answer.msg) == (-1, "no job named 'nobody'")
    assert contents(store) == before


def test_a_save_with_three_fields_keeps_the_others(master: Caller, store: Store) -> None:
    master.save(**a_job(timeoutSeconds=5, overlap="allow"))
    master.save(**a_job(command="false"))
    assert stored(store) == a_job(
        command="false", timeoutSeconds=5, overlap="allow", timezone="UTC"
    )


def test_twenty_clients_that_save_one_job_at_once_are_all_answered(
    master: Caller, store: Store
) -> None:
    gate = threading.Barrier(20)

    def save(number: int) -> Answer:
        gate.wait(60)
        return master.save(**a_job(command=f"echo {number}"))

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(save, range(20)))
    assert [answer.errno for answer in answers] == [0] * 20
    befores = [answer.data["command"] for answer in answers if answer.data]
    assert len(befores) == 19
    assert {*befores, stored(store)["command"]} == {f"echo {number}" for number in range(20)}
