"""The words of an end, as the log has them."""

import logging
from dataclasses import replace

import pytest

from tests.unit.running import Desk, ended, unstarted
from worker.end_words import in_a_line


@pytest.mark.parametrize(
    ("outcome", "err", "line"),
    [
        ("success", "", "success"),
        ("failed", "exit status 3", "failed: exit status 3"),
        ("killed", "killed", "killed"),
        ("killed", "signal: terminated", "killed: signal: terminated"),
        ("could_not_start", "could not start: no sh", "could_not_start: no sh"),
        ("lost", "lost: its worker died", "lost: its worker died"),
    ],
)
def test_a_line_of_the_log_names_an_outcome_once(outcome: str, err: str, line: str) -> None:
    assert in_a_line(replace(ended("a@1", outcome), err=err)) == line


def test_the_log_tells_of_a_run_that_could_not_start(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "worker.endings")
    desk = Desk()
    run_id = desk.start()
    desk.runs.ended(replace(unstarted(run_id, "could_not_start"), err="could not start: no sh"))
    assert caplog.messages == [f"job=a run={run_id}: could_not_start: no sh"]
