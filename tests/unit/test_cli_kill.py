"""What `job kill` says of runs that live after the wait."""

from typing import Any

import pytest
from click.testing import CliRunner

from cli.client import Master
from cli.job_kill import kill

RUN = {"runId": "a@1", "state": "running", "worker": "10.0.0.1", "outcome": "", "dead": False}
ANSWER = {"name": "a", "runs": [RUN | {"text": "runs on 10.0.0.1"}], "elsewhere": "", "dead": False}


def test_that_the_executor_of_a_run_that_lives_does_not_answer_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers: list[dict[str, Any]] = [
        {"id": "10.0.0.1", "registration": {"executors": "executor 0 does not answer"}},
        {"id": "10.0.0.2", "registration": {"executors": "1 missing"}},
        {"id": "10.0.0.3", "registration": None},
    ]
    monkeypatch.setattr(Master, "post_json", lambda self, path, asked: ANSWER)
    monkeypatch.setattr(Master, "get", lambda self, path, **query: workers)
    done = CliRunner().invoke(kill, ["a", "--timeout", "0"])
    assert done.exit_code == 1
    assert done.stdout == "a@1: still alive, runs on 10.0.0.1\n"
    assert done.stderr == "10.0.0.1: executor 0 does not answer\n"
