"""What is told of a run: its state in a few words, none of them twice."""

import pytest

from common.owed import ENDED, Owed
from common.record import JobLog
from master.run_marks import shown, shown_record


@pytest.mark.parametrize(
    ("outcome", "err", "reason", "text"),
    [
        ("success", "", "", "success"),
        ("could_not_start", "could not start: no such user", "", "could_not_start: no such user"),
        ("killed", "signal: killed", "killed by root", "killed: signal: killed"),
        ("killed", "killed: the lease ended", "", "killed: the lease ended"),
        ("failed", "exit status 3", "left 1 process", "failed: exit status 3; left 1 process"),
    ],
)
def test_how_a_run_ended_is_told_once_by_its_key_and_by_its_record(
    outcome: str, err: str, reason: str, text: str
) -> None:
    record = JobLog("a", "", err, "", 0, 0, 0, 0, "a@0", outcome, reason=reason)
    owed = Owed(ENDED, "w.1", 0, 0, 1, outcome=outcome, err=err, reason=reason)
    assert shown_record(record)["text"] == shown("a@0", owed)["text"] == text
