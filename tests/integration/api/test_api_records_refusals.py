"""What the calls that find records refuse: in a sentence that names the field."""

from __future__ import annotations

import pytest

from tests.integration.mastering import Caller

RECORDS = "/api/v1/records"
REFUSED = [
    (RECORDS, {"jobs": "a"}, "jobs: is not a field of this call; did you mean job?"),
    (RECORDS, {"outcome": "fail"}, "outcome: 'fail' is none; did you mean failed?"),
    (RECORDS, {"outcome": "failed,xyz"}, "outcome: 'xyz' is none; expected success"),
    (RECORDS, {"outcome": ","}, "outcome: '' is none; expected success"),
    (RECORDS, {"outcome": ""}, "outcome: is empty; leave it out"),
    (RECORDS, {"job": ""}, "job: is empty"),
    (RECORDS, {"text": ""}, "text: is empty"),
    (RECORDS, {"text": " "}, "text: has no word in it"),
    (RECORDS, {"pattern": ""}, "pattern: is empty"),
    (f"{RECORDS}/counts", {"outcome": ""}, "outcome: is empty"),
    ("/api/v1/export", {"text": ""}, "text: is empty"),
    (RECORDS, {"trigger": "hand"}, "trigger: 'hand' is none; expected schedule"),
    (RECORDS, {"worker": "a", "host": "b"}, "host: give either a worker or a host"),
    (RECORDS, {"since": "yesterday"}, "since: 'yesterday' is neither ISO 8601 nor"),
    (RECORDS, {"until": "-5"}, "until: '-5' is neither"),
    (RECORDS, {"until": "1e3"}, "until: '1e3' is neither"),
    (RECORDS, {"since": "2024-02-30"}, "since: '2024-02-30' is neither"),
    (RECORDS, {"since": "1700000000005", "until": "1700000000004"}, "until: is before since"),
    (RECORDS, {"tookAtLeast": "-1"}, "tookAtLeast: '-1' is not a whole number"),
    (RECORDS, {"tookAtMost": "9" * 16}, "tookAtMost: '9999999999999999' is not"),
    (RECORDS, {"tookAtLeast": "5", "tookAtMost": "4"}, "tookAtMost: is less than tookAtLeast"),
    (RECORDS, {"limit": "0"}, "limit: '0' is not a whole number from 1 to 1000"),
    (RECORDS, {"limit": "-1"}, "limit: '-1' is not"),
    (RECORDS, {"limit": "1001"}, "limit: '1001' is not"),
    (RECORDS, {"limit": "x"}, "limit: 'x' is not"),
    (RECORDS, {"after": "-1"}, "after: '-1' is no position"),
    (RECORDS, {"after": "5:x:a"}, "after: '5:x:a' is no position"),
    (RECORDS, {"after": "5:o:a"}, "after: 'a' is no id that MongoDB makes"),
    (RECORDS, {"after": f"{2**63}:s:a"}, "after: "),
    (RECORDS, {"pattern": "x" * 257}, "pattern: is longer than 256 characters"),
    (RECORDS, {"pattern": "(?=x)"}, "pattern: invalid perl operator"),
    (RECORDS, {"pattern": r"(x)\1"}, "pattern: invalid escape sequence"),
    (RECORDS, {"pattern": "((x{1000}){1000}){1000}"}, "pattern: "),
    (RECORDS, {"pattern": "("}, "pattern: missing )"),
    (RECORDS, {"pattern": "x*"}, "pattern: matches an empty line too"),
    (RECORDS, {"text": "x " * 501}, "text: is longer than 1000 characters"),
    (RECORDS, {"text": " ".join(map(str, range(51)))}, "text: has more than 50 words"),
    (f"{RECORDS}/counts", {"limit": "5"}, "limit: is not a field of this call"),
    (f"{RECORDS}/counts", {"outcome": "bad"}, "outcome: "),
    ("/api/v1/record", {}, "id: is missing"),
    ("/api/v1/record", {"run": "a@1"}, "run: is not a field"),
    ("/api/v1/job/stats", {}, "name: is missing"),
    ("/api/v1/job/stats", {"name": "a", "since": "soon"}, "since: "),
    ("/api/v1/export", {"format": "xml"}, "format: 'xml' is neither jsonl nor csv"),
    ("/api/v1/export", {"raw": "2"}, "raw: "),
    ("/api/v1/export", {"text": "x " * 501}, "text: is longer than 1000 characters"),
]


@pytest.mark.parametrize(("path", "query", "sentence"), REFUSED)
def test_a_query_that_cannot_be_meant_is_refused(
    master: Caller, path: str, query: dict[str, str], sentence: str
) -> None:
    answer = master.get(path, **query)
    assert (answer.status, answer.errno, answer.data) == (400, -1, None)
    assert answer.msg.startswith(sentence)


def test_a_pattern_that_would_run_for_ever_elsewhere_is_looked_for(master: Caller) -> None:
    assert master.get(RECORDS, pattern="(a+)+$").errno == 0
