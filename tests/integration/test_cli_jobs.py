"""The commands for jobs, logs and workers, against a real master and worker."""

import json
import re

import pytest

from tests.integration.standing_alone import Standalone
from tests.waiting import until

NEVER_SOON = "0 0 1 1 *"
FIXED = ["--schedule", NEVER_SOON, "--command", "true"]
STANDALONE = ("--timezone", "Europe/Berlin")


@pytest.fixture(autouse=True)
def no_jobs(alone: Standalone) -> None:
    for job in jobs(alone):
        assert alone.call("job", "delete", str(job["name"])).exit_code == 0


def jobs(alone: Standalone) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(alone.call("job", "list", "-o", "json").stdout)
    return found


def job(alone: Standalone, name: str) -> dict[str, object]:
    return next(job for job in jobs(alone) if job["name"] == name)


def save(alone: Standalone, name: str, *more: str, schedule: str = NEVER_SOON) -> str:
    result = alone.call("job", "save", name, *FIXED, "--schedule", schedule, *more)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_new_job_is_said_with_its_words_and_next_instants(alone: Standalone) -> None:
    lines = save(alone, "a", schedule="30 3 * * *").splitlines()
    assert lines[:2] == ["created a", "at 03:30 every day, Europe/Berlin"]
    assert len(lines) == 5
    assert all("03:30:00 +0" in line and line.endswith("Europe/Berlin") for line in lines[2:])


def test_a_job_is_changed_in_part(alone: Standalone) -> None:
    save(alone, "a", "--set", "owner=ann", "--set", "timeoutSeconds=2.5")
    result = alone.call("job", "save", "a", "--schedule", "@daily")
    assert result.stdout.startswith("changed a\n")
    assert job(alone, "a") == {
        "name": "a",
        "command": "true",
        "cronExpr": "@daily",
        "owner": "ann",
        "timeoutSeconds": 2.5,
        "timezone": "Europe/Berlin",
    }


def test_a_field_that_is_text_stays_text_and_another_is_json(alone: Standalone) -> None:
    save(alone, "a", "--set", "owner=1", "--set", "description=a=b", "--set", "killGraceSeconds=7")
    saved = job(alone, "a")
    assert (saved["owner"], saved["description"], saved["killGraceSeconds"]) == ("1", "a=b", 7)
    assert alone.call("job", "save", "a", "--set", "killGraceSeconds=null").exit_code == 0
    assert "killGraceSeconds" not in job(alone, "a")


def test_a_field_without_a_value_is_set_back_to_its_default(alone: Standalone) -> None:
    save(alone, "a", "--set", "shell=/bin/bash", "--set", "owner=ann", "--set", "timezone=UTC")
    save(alone, "a", "--set", "shell=", "--set", "owner=", "--set", "timezone=")
    assert job(alone, "a").keys() == {"name", "command", "cronExpr", "timezone"}
    assert job(alone, "a")["timezone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "is missing"),
        (["--command", "true"], "cronExpr: is missing"),
        (["--command", "true", "--schedule", "61 * * * *"], "cronExpr: minute: 61"),
        (["--command", "true", "--schedule", "0 0 30 2 *"], "never fires"),
        (["--set", "tiemoutSeconds=1"], "tiemoutSeconds: there is no such field; did you mean"),
        ([*FIXED, "--set", "timeoutSeconds=soon"], "timeoutSeconds: expected a number, got text"),
        ([*FIXED, "--set", "leftovers=burn"], "leftovers: expected one of kill, keep"),
    ],
)
def test_a_refusal_is_a_sentence_and_changes_nothing(
    alone: Standalone, arguments: list[str], sentence: str
) -> None:
    result = alone.call("job", "save", "a", *arguments)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.startswith("Error: ")
    assert jobs(alone) == []


def test_a_saved_job_in_json_is_the_job_alone(alone: Standalone) -> None:
    result = alone.call("job", "save", "a", *FIXED, "-o", "json")
    assert json.loads(result.stdout) == job(alone, "a")
    assert result.stderr == "created a\n"


def test_what_list_prints_save_takes(alone: Standalone) -> None:
    save(alone, "a", "--set", "overlap=allow")
    save(alone, "b", schedule="H H * * *")
    printed = alone.call("job", "list", "-o", "json").stdout
    before = jobs(alone)
    for name in "ab":
        alone.call("job", "delete", name)
    result = alone.call("job", "save", "--file", "-", given=printed)
    assert result.stdout == "created a\ncreated b\n"
    assert jobs(alone) == before
    assert job(alone, "b")["cronExprSource"] == "H H * * *"
    assert alone.call("job", "save", "--file", "-", given=printed).stdout == (
        "a is unchanged\nb is unchanged\n"
    )


def test_one_job_may_be_given_without_an_array(alone: Standalone) -> None:
    given = {"name": "a", "cronExpr": "@daily", "command": "true"}
    result = alone.call("job", "save", "--file", "-", "-o", "json", given=json.dumps(given))
    assert json.loads(result.stdout) == [
        {"name": "a", "created": True, "changed": True, "warnings": []}
    ]


def test_of_a_file_with_one_wrong_job_none_is_saved(alone: Standalone) -> None:
    given = [{"name": n, "cronExpr": e, "command": "x"} for n, e in (("a", "@daily"), ("b", "x"))]
    result = alone.call("job", "save", "--file", "-", given=json.dumps(given))
    assert result.exit_code == 1
    assert 'job 2 ("b"): cronExpr' in result.stderr
    assert jobs(alone) == []


def test_more_jobs_than_one_request_takes_are_saved_all_the_same(alone: Standalone) -> None:
    given = [
        {"name": f"j{n}", "cronExpr": NEVER_SOON, "command": f"true {'x' * 90_000}"}
        for n in range(25)
    ]
    result = alone.call("job", "save", "--file", "-", given=json.dumps(given))
    assert result.exit_code == 0, result.stderr
    assert len(jobs(alone)) == 25


@pytest.mark.parametrize("given", ["", "{", "\xff", "[" * 100_000])
def test_a_file_that_is_not_json_gets_a_sentence(alone: Standalone, given: str) -> None:
    result = alone.call("job", "save", "--file", "-", given=given)
    assert result.exit_code == 1
    assert ": not valid JSON: " in result.stderr


def test_a_file_with_a_field_that_comes_twice_is_refused_by_the_field(alone: Standalone) -> None:
    given = '{"name":"a","cronExpr":"@daily","command":"x","command":"y"}'
    result = alone.call("job", "save", "--file", "-", given=given)
    assert (result.exit_code, result.stderr) == (1, "Error: command: comes twice\n")
    assert jobs(alone) == []


def test_the_table_has_the_next_instant_and_the_command(alone: Standalone) -> None:
    save(alone, "a", "--set", "timezone=Asia/Tokyo")
    save(alone, "b", schedule="H 3 * * *")
    header, first, second = alone.call("job", "list").stdout.splitlines()
    assert header.split() == ["NAME", "SCHEDULE", "NEXT", "LAST", "COMMAND"]
    assert first.split()[:6] == ["a", *NEVER_SOON.split()]
    assert first.split()[7:] == ["00:00:00", "+09:00", "Asia/Tokyo", "-", "true"]
    assert second.split()[:4] == ["b", "H", "3", "*"]


def test_a_job_is_shown_with_fields_words_instants_and_last_run(alone: Standalone) -> None:
    save(alone, "a", "--set", "owner=ann\x1b[2J")
    lines = alone.call("job", "show", "a").stdout.splitlines()
    assert lines[:3] == ["name: a", "command: true", "cronExpr: 0 0 1 1 *"]
    assert "owner: ann\\x1b[2J" in lines
    assert "means: at 00:00 on day 1 of January, Europe/Berlin" in lines
    assert sum(line.startswith("next: ") for line in lines) == 5
    assert lines[-1] == "last: has not run yet"
    shown = json.loads(alone.call("job", "show", "a", "-o", "json").stdout)
    assert len(shown["next"]) == 5
    assert shown["last"] is None


@pytest.mark.parametrize("command", ["show", "delete", "kill", "log"])
def test_a_job_that_is_not_there_is_named(alone: Standalone, command: str) -> None:
    result = alone.call("job", command, "nobody")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "nobody" in result.stderr


def test_a_deleted_job_is_gone(alone: Standalone) -> None:
    save(alone, "a")
    assert alone.call("job", "delete", "a").stdout == "deleted a\n"
    assert jobs(alone) == []


def records(alone: Standalone, name: str) -> list[dict[str, object]]:
    found = json.loads(alone.call("job", "log", name, "-o", "json").stdout)
    return [record for record in found if record.get("outcome") != "skipped_overlap"]


def test_the_log_has_a_row_for_each_run_and_its_output_when_asked(alone: Standalone) -> None:
    save(alone, "loud", "--command", "echo one; echo two >&2; exit 3", schedule="* * * * * * *")
    until(lambda: records(alone, "loud"), why="the first run is recorded")
    assert alone.call("job", "save", "loud", "--schedule", NEVER_SOON).exit_code == 0
    header, *rows = alone.call("job", "log", "loud").stdout.splitlines()
    assert header.split() == ["STARTED", "DUE", "OUTCOME", "TOOK", "WORKER", "WHY"]
    assert any("failed" in row and "127.0.0.1" in row and "exit status 3" in row for row in rows)
    printed = alone.call("job", "log", "loud", "--output").stdout
    assert "exit status 3\none\ntwo\n" in printed
    assert " (cpu " in printed
    assert len(records(alone, "loud")) >= 1
    assert alone.call("job", "log", "loud", "--skip", "100000", "-o", "json").stdout == "[]\n"
    assert "failed" in alone.call("job", "list").stdout
    shown = alone.call("job", "show", "loud").stdout
    assert re.search(r"^last: failed at .+ in [0-9.]+ m?s: exit status 3$", shown, re.MULTILINE)


def test_the_worker_is_listed(alone: Standalone) -> None:
    header, row = alone.call("worker", "list").stdout.splitlines()
    assert header.split() == ["WORKER", "CLOCK", "SPOOL", "REGISTRATION"]
    assert row.startswith("127.0.0.1  ")
    assert 'version="' in row
    found = json.loads(alone.call("worker", "list", "-o", "json").stdout)
    assert [worker["id"] for worker in found] == ["127.0.0.1"]


def test_a_pause_with_an_end_is_saved_by_its_fields(alone: Standalone) -> None:
    end = 4_000_000_000_000
    save(alone, "a", "--set", "paused=true", "--set", f"pausedUntil={end}")
    assert job(alone, "a")["pausedUntil"] == end


@pytest.mark.parametrize("given", ["1e999", "NaN", "-Infinity"])
def test_what_is_no_number_is_refused_by_its_field(alone: Standalone, given: str) -> None:
    result = alone.call("job", "save", "a", *FIXED, "--set", f"retries={given}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: retries: expected a whole number, got text\n"


def test_a_name_is_not_set_as_a_field_is(alone: Standalone) -> None:
    result = alone.call("job", "save", "a", *FIXED, "--set", "name=b")
    assert (result.exit_code, jobs(alone)) == (2, [])
    assert "cannot be changed" in result.stderr
