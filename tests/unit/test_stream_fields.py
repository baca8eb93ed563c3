"""A job's fields about its output and its secrets: what a save takes and what it refuses."""

from typing import Any

import pytest

from common.errors import InvalidField
from common.job import Job, job_from_document, job_to_document

SMALLEST: dict[str, Any] = {"name": "a", "command": "true", "cronExpr": "* * * * *"}


def job(**changed: Any) -> Job:
    return job_from_document(SMALLEST | changed)


def test_exit_codes_are_kept_in_order_and_once() -> None:
    made = job(successExitCodes=[3, 0, 3.0, 255])
    assert made.success_exit_codes == (0, 3, 255)
    assert job_to_document(made)["successExitCodes"] == [0, 3, 255]
    assert "successExitCodes" not in job_to_document(job(successExitCodes=[0]))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (0, "expected a list of exit codes, got a number"),
        ([], "expected 1 to 64 exit codes, got 0"),
        (list(range(65)), "expected 1 to 64 exit codes, got 65"),
        ([256], "256 is not a whole number from 0 to 255"),
        ([-1], "-1 is not"),
        ([1.5], "1.5 is not"),
        ([True], "True is not"),
        (["0"], "0 is not"),
        ([float("nan")], "nan is not"),
    ],
)
def test_what_is_no_list_of_exit_codes_is_refused(value: Any, why: str) -> None:
    with pytest.raises(InvalidField, match=f"successExitCodes: {why}"):
        job(successExitCodes=value)


def test_a_pattern_is_kept_as_it_is() -> None:
    assert job(failPattern="^(ERROR|FATAL)").fail_pattern == "^(ERROR|FATAL)"
    assert job(failPattern="").fail_pattern == ""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (5, "expected text, got a number"),
        ("(", r"missing \): \( \(RE2 syntax\)"),
        ("a|", "matches an empty line too"),
        ("x" * 1025, "1025 bytes are more than the 1024 allowed"),
        ("\ud800", "half of a surrogate pair is not text"),
    ],
)
def test_what_is_no_pattern_is_refused(value: Any, why: str) -> None:
    with pytest.raises(InvalidField, match=f"failPattern: {why}"):
        job(failPattern=value)


def test_names_of_secrets_are_kept_once() -> None:
    made = job(secrets=["db_password", "tls.key", "db_password"])
    assert made.secrets == ("db_password", "tls.key")
    assert job_to_document(made)["secrets"] == ["db_password", "tls.key"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".hidden", "a/b", "/etc/shadow", "-x", "a b", "a\n", "ä", "x" * 129, 5]
)
def test_what_is_no_plain_file_name_is_refused(name: Any) -> None:
    with pytest.raises(InvalidField, match=r"secrets: .* is not a plain file name"):
        job(secrets=["fine", name])


def test_what_is_no_list_of_few_names_is_refused() -> None:
    with pytest.raises(InvalidField, match="secrets: expected a list of texts, got text"):
        job(secrets="token")
    with pytest.raises(InvalidField, match="secrets: 17 names are more than the 16 allowed"):
        job(secrets=[f"s{n}" for n in range(17)])


def test_journal_is_true_or_false() -> None:
    assert job(journal=True).journal
    with pytest.raises(InvalidField, match="journal: expected true or false"):
        job(journal="yes")
