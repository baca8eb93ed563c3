"""The fields about a run's user and surroundings: what a save takes and what it refuses."""

from typing import Any

import pytest

from common.errors import InvalidField
from common.job import job_to_document, merge, pack_job, unpack_job

SMALLEST: dict[str, Any] = {"name": "a", "command": "true", "cronExpr": "* * * * *"}
WORDS: dict[str, Any] = {"name": "a", "cronExpr": "* * * * *", "argv": ["echo", "a b", ""]}


def test_all_of_them_are_kept_as_they_were_said() -> None:
    said = {
        "stdin": "line\n",
        "user": "alice",
        "group": "staff",
        "groups": ["adm", "www-data"],
        "umask": "0077",
        "cwd": "/srv",
        "env": {"A": "1", "EMPTY": "", "LC_ALL": "ä"},
        "nice": -5,
        "ioClass": "idle",
        "ioPriority": 7,
    }
    stored = job_to_document(unpack_job(pack_job(merge(None, SMALLEST | said))))
    assert stored == SMALLEST | said


def test_no_groups_are_not_the_same_as_the_users_own() -> None:
    assert merge(None, SMALLEST | {"groups": []}).groups == ()
    assert merge(None, SMALLEST | {"groups": None}).groups is None


@pytest.mark.parametrize(("said", "kept"), [("077", "0077"), ("0022", "0022"), ("000", "0000")])
def test_a_umask_has_four_digits(said: str, kept: str) -> None:
    assert merge(None, SMALLEST | {"umask": said}).umask == kept


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cwd": "srv"}, "cwd: expected an absolute path, got 'srv'"),
        ({"cwd": "/" + "x" * 4095}, "cwd: 4096 bytes are more than the 4095 allowed"),
        ({"umask": "88"}, "umask: expected three octal digits"),
        ({"umask": 22}, "umask: expected text, got a number"),
        ({"umask": "1777"}, "umask: expected three octal digits"),
        ({"env": ["A=1"]}, "env: expected names with texts, got a list"),
        ({"env": {"A=B": "1"}}, "env: 'A=B' is no name: it must not be empty nor have '=' or NUL"),
        ({"env": {"A\0": "1"}}, "env: 'A\\x00' is no name"),
        ({"env": {"": "1"}}, "env: '' is no name"),
        ({"env": {"A": "1\x002"}}, "env: 'A': a NUL character is not allowed"),
        ({"env": {"A": 1}}, "env: 'A': expected text, got a number"),
        ({"env": {"FLEETCRON_RUN_ID": "x"}}, "env: 'FLEETCRON_RUN_ID': names with FLEETCRON_ are"),
        ({"env": {"A": "x" * 200_000}}, "env: 'A': 200000 bytes are too large for one argument"),
        ({"env": {"A": "x" * 131_070}}, "env: 'A': 131072 bytes are more than 131071"),
        ({"env": {f"V{n}": "" for n in range(1001)}}, "env: 1001 are more than the 1000 allowed"),
        ({"env": {"A": "\ud800"}}, "env: 'A': half of a surrogate pair is not text"),
        ({"stdin": "x" * 65_537}, "stdin: 65537 bytes are more than the 65536 allowed"),
        ({"groups": "adm"}, "groups: expected a list of texts, got text"),
        ({"groups": [""]}, "groups: must not be empty"),
        ({"groups": [1]}, "groups: expected text, got a number"),
        ({"user": 0}, "user: expected text, got a number"),
        ({"nice": 20}, "nice: 20 is not a whole number from -20 to 19"),
        ({"ioClass": "best"}, "ioClass: expected one of none, realtime, best-effort, idle"),
        ({"ioPriority": 8}, "ioPriority: 8 is not a whole number from 0 to 7"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidField) as refused:
        merge(None, SMALLEST | fields)
    assert str(refused.value).startswith(why)


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ([], "argv: must begin with the program to run"),
        (["", "a"], "argv: must begin with the program to run"),
        ("echo a", "argv: expected a list of texts, got text"),
        (["echo", 1], "argv: expected text, got a number"),
        (["echo", "a\0"], "argv: a NUL character is not allowed"),
        (["echo", "x" * 131_072], "argv: 131072 bytes in one word are more than the 100000"),
        (["echo", "x" * 131_071], "argv: 131076 bytes as a command are more than the 100000"),
        (["echo", *["x" * 90_000] * 2], "argv: 180006 bytes as a command are more than the 100000"),
    ],
)
def test_words_that_cannot_be_run_are_refused(argv: object, why: str) -> None:
    with pytest.raises(InvalidField) as refused:
        merge(None, SMALLEST | {"argv": argv})
    assert str(refused.value).startswith(why)


def test_the_command_of_a_list_of_words_is_what_a_shell_would_read() -> None:
    assert merge(None, WORDS).command == "echo 'a b' ''"
    assert merge(None, WORDS).argv == ("echo", "a b", "")


def test_changed_words_change_the_command_that_was_stored_with_the_old_ones() -> None:
    before = job_to_document(merge(None, WORDS))
    assert merge(before, before | {"argv": ["ls", "-l"]}).command == "ls -l"
    assert merge(before, {"name": "a", "argv": ["ls"]}).command == "ls"


def test_a_command_beside_the_words_that_says_something_else_is_refused() -> None:
    before = job_to_document(merge(None, WORDS))
    for previous, given in ((None, WORDS), (before, {"name": "a"}), (before, before)):
        with pytest.raises(InvalidField, match="command: the job runs its argv"):
            merge(previous, given | {"command": "rm -r /"})


def test_without_the_words_the_command_is_run_again() -> None:
    before = job_to_document(merge(None, WORDS))
    assert merge(before, {"name": "a", "argv": None}).command == "echo 'a b' ''"
    job = merge(before, {"name": "a", "argv": None, "command": "true"})
    assert (job.argv, job.command) == (None, "true")
