"""Saving more jobs from a file than one request can hold."""

import json

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
