"""What the six calls of the fixed interface refuse: in a sentence, with nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.sqlite_log import SqliteLogStore
from common.store import Store
from tests.integration.mastering import Caller, a_job, contents

JOB = json.dumps(a_job())
BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"name": "a/b"}, "name: 'a/b' is not 1-128 characters"),
    ({"name": ".."}, "name: '..' is not"),
    ({"name": "a b"}, "name: 'a b' is not"),
    ({"name": "x" * 129}, "is not 1-128 characters"),
    ({"name": "中文"}, "is not 1-128 characters"),
    ({"name": 5}, "name: expected text, got a number"),
    ({"command": 5}, "command: expected text"),
    ({"command": None}, "command: is missing"),
    ({"command": "a\0"}, "command: a NUL character"),
    ({"command": "x" * 100_001}, "command: 100001 bytes"),
    ({"cronExpr": "* * *"}, "cronExpr: "),
    ({"cronExpr": "61 * * * *"}, "cronExpr: minute"),
    ({"cronExpr": "* * * * * * * *"}, "cronExpr: "),
    ({"cronExpr": "0 0 30 2 *"}, "cronExpr: never fires"),
    ({"cronExpr": "0 0 1 1 * 1999"}, "cronExpr: never fires"),
    ({"cronExpr": "H/90 * * * *"}, "cronExpr: "),
    ({"cronExpr": "x" * 257}, "cronExpr: "),
    ({"timezone": "Mars/Base"}, "timezone: 'Mars/Base' is not a known"),
    ({"timezone": "../../etc/passwd"}, "timezone: "),
    ({"timezone": "x" * 65}, "timezone: 65 bytes"),
    ({"timeoutSeconds": -1}, "timeoutSeconds: -1 is not"),
    ({"timeoutSeconds": "5"}, "timeoutSeconds: expected a number"),
    ({"killGraceSeconds": 1e9}, "killGraceSeconds: "),
    ({"overlap": "always"}, "overlap: "),
    ({"timeout": 3}, "timeout: there is no such field; did you mean timeoutSeconds?"),
]
BAD_SAVES: list[tuple[dict[str, str], str]] = [
    ({}, "job: is missing"),
    ({"job": ""}, "job: is missing"),
    ({"jobs": JOB}, "job: is missing"),
    ({"job": "{"}, "job: not valid JSON"),
    ({"job": "[]"}, "job: expected a JSON object"),
    ({"job": "null"}, "job: expected a JSON object"),
    ({"job": "[" * 100_000}, "job: not valid JSON"),
    ({"job": "{}"}, "name: is missing"),
    ({"job": '{"name":"b","name":"c"}'}, "name: comes twice"),
    ({"job": '{"name":"b","command":"c"}'}, "cronExpr: is missing"),
    ({"job": '{"name":"b","cronExpr":"@daily"}'}, "command: is missing"),
    *(({"job": json.dumps(a_job(**change))}, sentence) for change, sentence in BAD_FIELDS),
]


@pytest.mark.parametrize(("form", "sentence"), BAD_SAVES)
def test_a_bad_save_is_refused_in_a_sentence_and_changes_nothing(
    master: Caller, store: Store, form: dict[str, str], sentence: str
) -> None:
    master.save(**a_job())
    before = contents(store)
    answer = master.post("/job/save", **form)
    assert (answer.status, answer.errno, answer.data) == (200, -1, None)
    assert sentence in answer.msg
    assert contents(store) == before


BAD_NAMES = ["", "a/b", "..", ".", "a b", "x" * 129, "x" * 5000, "中文", "a\0b", "\n"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("call", ["/job/delete", "/job/kill"])
def test_a_bad_name_is_refused_and_changes_nothing(
    master: Caller, store: Store, call: str, name: str
) -> None:
    master.save(**a_job())
    before = contents(store)
    answer = master.post(call, name=name)
    assert (answer.status, answer.errno, answer.data) == (200, -1, None)
    assert answer.msg.startswith("name: ")
    assert contents(store) == before


@pytest.mark.parametrize("call", ["/job/delete", "/job/kill"])
def test_a_missing_name_is_refused(master: Caller, call: str) -> None:
    assert master.post(call).msg == "name: is missing"
    assert master.post(call, job="a").msg == "name: is missing"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "name: is missing"),
        *(({"name": name}, "name: ") for name in BAD_NAMES),
        ({"name": "a", "skip": "-1"}, "skip: '-1' is not a whole number from 0"),
        ({"name": "a", "skip": "x"}, "skip: 'x' is not"),
        ({"name": "a", "skip": "1.5"}, "skip: '1.5' is not"),
        ({"name": "a", "skip": "9" * 30}, "skip: "),
        ({"name": "a", "limit": "0"}, "limit: '0' is not a whole number from 1 to 1000"),
        ({"name": "a", "limit": "1001"}, "limit: '1001' is not"),
        ({"name": "a", "limit": "٣"}, "limit: "),
    ],
)
def test_a_bad_question_for_logs_is_refused(
    master: Caller, query: dict[str, str], sentence: str
) -> None:
    master.save(**a_job())
    answer = master.get("/job/log", **query)
    assert (answer.status, answer.errno, answer.data) == (200, -1, None)
    assert answer.msg.startswith(sentence)


def test_a_log_store_that_is_gone_is_told_in_the_interfaces_shape(
    master: Caller, logs: SqliteLogStore
) -> None:
    logs.close()
    answer = master.get("/job/log", name="a")
    assert (answer.status, answer.errno) == (200, -1)
    assert "the log store" in answer.msg


def test_a_store_that_is_gone_is_told_in_the_interfaces_shape(master: Caller, store: Store) -> None:
    store.close()
    for answer in (master.get("/job/list"), master.save(**a_job())):
        assert (answer.status, answer.errno, answer.data) == (200, -1, None)
    assert "nothing was changed" in master.post("/job/kill", name="a").msg
