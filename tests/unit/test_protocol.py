"""The fixed interface: its constants, records and functions, as the Go system knows them."""

import json

import pytest

from common import protocol
from common.errors import FleetcronError, InvalidField
from common.protocol import (
    Job,
    JobLogFilter,
    LogBatch,
    SortLogByStartTime,
    build_job_event,
    build_job_execute_info,
    build_job_schedule_plan,
    build_response,
    extract_job_name,
    extract_killer_name,
    extract_worker_ip,
    pack_job,
    unpack_job,
)

NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC


def test_the_constants_are_those_of_the_go_system() -> None:
    assert (protocol.JOB_SAVE_DIR, protocol.JOB_KILLER_DIR) == ("/cron/jobs/", "/cron/killer/")
    assert (protocol.JOB_LOCK_DIR, protocol.JOB_WORKER_DIR) == ("/cron/lock/", "/cron/workers/")
    events = (protocol.JOB_EVENT_SAVE, protocol.JOB_EVENT_DELETE, protocol.JOB_EVENT_KILL)
    assert events == (1, 2, 3)


def test_the_errors_are_classes_to_be_caught() -> None:
    assert issubclass(protocol.ERR_LOCK_ALREADY_REQUIRED, FleetcronError)
    assert issubclass(protocol.ERR_NO_LOCAL_IP_FOUND, FleetcronError)


@pytest.mark.parametrize("name", ["a", "a/b", "中文", "/cron/jobs/", "", " "])
def test_a_name_is_the_rest_of_its_key_verbatim(name: str) -> None:
    assert extract_job_name("/cron/jobs/" + name) == name
    assert extract_killer_name("/cron/killer/" + name) == name
    assert extract_worker_ip("/cron/workers/" + name) == name


def test_a_response_has_three_fields_and_keeps_unicode() -> None:
    body = build_response(0, "success", ["ü"])
    assert json.loads(body) == {"errno": 0, "msg": "success", "data": ["ü"]}
    assert "ü".encode() in body


def test_a_response_can_say_what_is_not_text() -> None:
    assert json.loads(build_response(-1, "half \ud800", None))["msg"] == "half ?"


def test_a_job_of_the_go_master_is_read() -> None:
    job = unpack_job(b'{"name":"j","command":"echo hi","cronExpr":"*/5 * * * * * *"}')
    assert job == Job("j", "echo hi", "*/5 * * * * * *")


def test_a_job_is_written_so_that_the_go_system_reads_it() -> None:
    document = json.loads(pack_job(Job("j", "echo ü", "@daily", timezone="Europe/Berlin")))
    assert {name: document[name] for name in ("name", "command", "cronExpr")} == {
        "name": "j",
        "command": "echo ü",
        "cronExpr": "@daily",
    }


def test_a_plan_knows_the_next_due_instant() -> None:
    plan = build_job_schedule_plan(Job("j", "true", "*/5 * * * * * *"), after_ms=NOON)
    assert plan.next_time == NOON + 5000


def test_a_plan_is_read_in_the_jobs_zone_and_else_in_the_fleets() -> None:
    daily = Job("j", "true", "0 3 * * *")
    in_fleet = build_job_schedule_plan(daily, "Europe/Berlin", NOON).next_time
    own = Job("j", "true", "0 3 * * *", timezone="UTC")
    assert in_fleet == NOON + 14 * 3_600_000
    assert build_job_schedule_plan(own, "Europe/Berlin", NOON).next_time == NOON + 15 * 3_600_000


@pytest.mark.parametrize("expr", ["", "* * *", "61 * * * *", "* * * * * * * *"])
def test_a_plan_of_a_bad_expression_raises(expr: str) -> None:
    with pytest.raises(InvalidField, match="cronExpr"):
        build_job_schedule_plan(Job("j", "true", expr))


def test_what_is_handed_out_carries_the_plans_instant_and_a_way_to_end_it() -> None:
    plan = build_job_schedule_plan(Job("j", "true", "* * * * *"), after_ms=NOON, revision=7)
    reasons: list[str] = []
    info = build_job_execute_info(plan, reasons.append, NOON + 60_003)
    info.cancel("enough")
    assert (info.plan_time, info.real_time) == (NOON + 60_000, NOON + 60_003)
    assert (info.job_revision, reasons) == (7, ["enough"])


def test_the_small_records_hold_what_the_go_system_puts_in_them() -> None:
    job = Job("j", "true", "@daily")
    assert build_job_event(protocol.JOB_EVENT_SAVE, job).event_type == 1
    assert JobLogFilter("j").job_name == "j"
    assert SortLogByStartTime().start_time == -1
    assert LogBatch(()).logs == ()
