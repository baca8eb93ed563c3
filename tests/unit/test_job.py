"""A job's fields: what a save takes, what it keeps, and what it refuses with which sentence."""

import json
from typing import Any

import pytest

from common.errors import InvalidField
from common.job import (
    Job,
    check_name,
    found_name,
    job_to_document,
    merge,
    pack_job,
    unpack_job,
)

SMALLEST: dict[str, Any] = {"name": "a", "command": "true", "cronExpr": "* * * * *"}


def test_three_fields_make_a_job_and_the_rest_is_default() -> None:
    assert merge(None, SMALLEST) == Job("a", "true", "* * * * *")


def test_a_save_with_three_fields_keeps_the_others() -> None:
    before = SMALLEST | {"timeoutSeconds": 5, "overlap": "allow", "owner": "eve"}
    job = merge(before, SMALLEST | {"command": "false"})
    assert (job.command, job.timeout_seconds, job.overlap, job.owner) == (
        "false",
        5,
        "allow",
        "eve",
    )


def test_null_sets_a_field_back_to_its_default() -> None:
    job = merge(SMALLEST | {"timeoutSeconds": 5, "owner": "eve"}, {"name": "a", "owner": None})
    assert (job.owner, job.timeout_seconds) == ("", 5)


def test_an_existing_job_can_be_saved_by_name_and_one_field() -> None:
    assert merge(SMALLEST, {"name": "a", "description": "x"}).command == "true"


def test_fields_of_others_are_kept_untouched() -> None:
    theirs = {"color": {"r": [1, None]}, "note": None, "half": "\ud800"}
    before = unpack_job(json.dumps(SMALLEST | theirs).encode())
    after = merge(job_to_document(before), SMALLEST | {"command": "false"})
    stored = json.loads(pack_job(after))
    assert {name: stored[name] for name in theirs} == theirs


def test_a_field_of_others_may_be_sent_back_but_not_changed() -> None:
    before = SMALLEST | {"color": "red"}
    assert merge(before, SMALLEST | {"color": "red"}).others == {"color": "red"}
    with pytest.raises(InvalidField, match="color: there is no such field"):
        merge(before, SMALLEST | {"color": "blue"})


def test_a_stored_job_reads_as_it_was_written() -> None:
    job = Job("a", "echo 'ü' | cat", "@daily", "H H * * *", "Europe/Berlin", timeout_seconds=0.5)
    assert unpack_job(pack_job(job)) == job


def test_only_what_differs_from_a_default_is_stored() -> None:
    assert json.loads(pack_job(Job("a", "true", "@daily", overlap="skip"))) == {
        "name": "a",
        "command": "true",
        "cronExpr": "@daily",
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": None}, "name: is missing"),
        ({"name": ""}, "name: must not be empty"),
        ({"name": 5}, "name: expected text, got a number"),
        ({"name": "a/b"}, "name: 'a/b' is not 1-128 characters"),
        ({"name": ".."}, "name: '..' is not"),
        ({"name": "a b"}, "name: 'a b' is not"),
        ({"name": "x" * 129}, "is not 1-128 characters"),
        ({"name": "中文"}, "is not 1-128 characters"),
        ({"name": "a\n"}, "is not 1-128 characters"),
        ({"name": "\ud800"}, "name: half of a surrogate pair"),
        ({"command": None}, "command: is missing"),
        ({"command": " "}, "command: must not be empty"),
        ({"command": ["ls"]}, "command: expected text, got a list"),
        ({"command": "a\0b"}, "command: a NUL character"),
        ({"command": "x" * 100_001}, "command: 100001 bytes are more than"),
        ({"cronExpr": None}, "cronExpr: is missing"),
        ({"cronExpr": True}, "cronExpr: expected text, got true or false"),
        ({"timezone": 1}, "timezone: expected text"),
        ({"timeoutSeconds": "5"}, "timeoutSeconds: expected a number, got text"),
        ({"timeoutSeconds": -1}, "timeoutSeconds: -1 is not a number from 0 to"),
        ({"timeoutSeconds": True}, "timeoutSeconds: expected a number, got true"),
        ({"timeoutSeconds": 1e999}, "timeoutSeconds: inf is not"),
        ({"killGraceSeconds": 3601}, "killGraceSeconds: 3601 is not"),
        ({"startDeadlineSeconds": 0}, "startDeadlineSeconds: 0 is not"),
        ({"outputHeadBytes": 1.5}, "outputHeadBytes: 1.5 is not a whole number"),
        ({"overlap": "always"}, "overlap: expected one of skip, queue, replace, allow"),
        ({"overlap": {}}, "overlap: expected one of skip, queue, replace, allow"),
        ({"hosts": "some"}, "hosts: expected any, all or a number, got 'some'"),
        ({"hosts": 0}, "hosts: 0 is not a whole number from 1 to 1000"),
        ({"hosts": 2.5}, "hosts: 2.5 is not a whole number"),
        ({"hosts": True}, "hosts: expected any, all or a number, got true or false"),
        ({"hosts": []}, "hosts: expected any, all or a number, got a list"),
        ({"where": "host=a"}, "where: expected a list of texts, got text"),
        ({"where": ["host"]}, "where: expected terms as role=db or role!=edge, got 'host'"),
        ({"where": ["a=b", 1]}, "where: expected a list of texts, got one with a number"),
        ({"where": ["a=b\nc"]}, "where: expected terms"),
        ({"where": ["a=b"] * 65}, "where: 65 terms are more than the 64 allowed"),
        ({"labels": []}, "labels: expected labels, each a text, got a list"),
        ({"labels": {"a b": "c"}}, "labels: 'a b' is not 1-63 letters"),
        ({"labels": {"_a": "c"}}, "of which the first is a letter or digit"),
        ({"labels": {"a": 1}}, "labels: expected a text for a"),
        ({"labels": {"a": "b" * 257}}, "labels: 257 bytes are more than the 256 allowed"),
        ({"labels": {f"l{n}": "" for n in range(65)}}, "65 labels are more than the 64 allowed"),
        ({"paused": 1}, "paused: expected true or false, got a number"),
        ({"pausedUntil": "soon"}, "pausedUntil: expected a whole number, got text"),
        ({"retries": -1}, "retries: -1 is not a whole number from 0 to"),
        ({"retryBackoff": 0.5}, "retryBackoff: 0.5 is not a number from 1"),
        ({"retires": 3}, "retires: there is no such field; did you mean retries?"),
        ({"rerunLost": "yes"}, "rerunLost: expected true or false, got text"),
        ({"cutOff": "maybe"}, "cutOff: expected one of keep, kill, got 'maybe'"),
        ({"cutOff": True}, "cutOff: expected one of keep, kill, got True"),
        ({"cutOff": ["kill"]}, "cutOff: expected one of keep, kill"),
        ({"cut_off": "kill"}, "cut_off: there is no such field; did you mean cutOff?"),
        ({"shell": "bash"}, "shell: expected an absolute path"),
        ({"timeoutSecond": 5}, "timeoutSecond: there is no such field; did you mean timeoutS"),
        ({"timeout": 5}, "timeout: there is no such field; did you mean timeoutSeconds?"),
        ({"cron_expr": "x"}, "did you mean cronExpr?"),
        ({"Command": "x"}, "did you mean command?"),
        ({"tz": 1}, "tz: there is no such field"),
        ({"zzz": 1}, "zzz: there is no such field"),
        ({"leftovers": "burn"}, "leftovers: expected one of kill, keep, got 'burn'"),
        ({"limitMemoryBytes": -1}, "limitMemoryBytes: -1 is not a whole number"),
        ({"limitMemoryBytes": "1G"}, "limitMemoryBytes: expected a whole number, got text"),
        ({"limitCpus": 0.001}, "limitCpus: 0.001 is less than 0.01"),
        ({"limitProcesses": 1.5}, "limitProcesses: 1.5 is not a whole number"),
        ({"limitOpenFiles": 1 << 30}, "limitOpenFiles: 1073741824 is not a whole number"),
        ({"x" * 100_000: 1}, "there is no such field"),
    ],
)
def test_a_bad_field_is_refused_by_name(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidField) as caught:
        merge(None, SMALLEST | change)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (b"", "job: not valid JSON"),
        (b"{", "job: not valid JSON"),
        (b"[]", "job: expected a JSON object, got a list"),
        (b"null", "job: expected a JSON object, got null"),
        (b"\xff", "job: not valid JSON"),
        (b'{"name":"a","command":"b","cronExpr":NaN}', "NaN is not JSON"),
        (b"[" * 200_000, "job: not valid JSON"),
        (b'{"a":' + b"1" * 5000 + b"}", "job: not valid JSON"),
        (b'{"name":"a","command":"b"}', "cronExpr: is missing"),
        (b'{"x":"' + b"y" * 1_500_000 + b'"}', "job: 1500008 bytes are more than"),
    ],
)
def test_a_malformed_value_is_refused(value: bytes, sentence: str) -> None:
    with pytest.raises(InvalidField) as caught:
        unpack_job(value)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "x" * 128, "...", "-"])
def test_names_of_the_plain_kind_are_taken(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["中文", "a/b", "a b", "..", '"', "x" * 4096])
def test_a_name_that_somebody_else_put_may_be_spoken_of(name: str) -> None:
    assert found_name(name) == name
    document = SMALLEST | {"name": name}
    assert merge(document, {"name": name, "command": "false"}).name == name


@pytest.mark.parametrize("name", [None, "", "a\0", "x" * 4097, 7])
def test_a_name_that_cannot_be_a_key_is_refused(name: object) -> None:
    with pytest.raises(InvalidField, match=r"^name: "):
        found_name(name)
