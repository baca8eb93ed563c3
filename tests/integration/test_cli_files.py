"""Saving more jobs from a file than one request can hold."""

import json
from pathlib import Path

import pytest

from tests.integration.standing_alone import Standalone

NEVER_SOON = "0 0 1 1 *"


@pytest.mark.parametrize("last", [{"name": "z", "cronExpr": "x"}, {"name": "j0"}])
def test_of_a_file_too_long_for_one_request_none_is_saved_when_one_is_wrong(
    alone: Standalone, last: dict[str, str]
) -> None:
    fixed = {"command": "true", "cronExpr": NEVER_SOON, "description": "x" * 4000}
    many = [fixed | {"name": f"j{number}"} for number in range(300)]
    result = alone.call("job", "save", "--file", "-", given=json.dumps([*many, fixed | last]))
    assert result.exit_code == 1
    assert last["name"] in result.stderr
    assert json.loads(alone.call("job", "list", "-o", "json").stdout) == []


def test_a_large_job_in_any_script_is_saved_from_a_file_and_restored(
    alone: Standalone, tmp_path: Path
) -> None:
    env = {f"TEXT{n}": "名" * 40_000 for n in range(6)}
    job = {"name": "large", "command": "true", "cronExpr": NEVER_SOON, "env": env}
    result = alone.call("job", "save", "--file", "-", given=json.dumps(job))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "created large\n", "")
    backup = str(tmp_path / "jobs.json")
    assert alone.call("backup", "--to", backup).exit_code == 0
    assert alone.call("job", "delete", "large").exit_code == 0
    assert alone.call("restore", backup).stdout == "restored: large\n"


def test_half_a_character_in_a_file_is_refused_by_the_master(alone: Standalone) -> None:
    job = {"name": "half", "command": "echo \ud800", "cronExpr": NEVER_SOON}
    result = alone.call("job", "save", "--file", "-", given=json.dumps(job))
    assert result.exit_code == 1
    assert "command" in result.stderr
