"""The table of a job's runs: what tells runs of one instant apart."""

from cli.job_log import HEADERS, table


def record(run_id: str) -> dict[str, object]:
    """A record that has a run id and little else."""
    return {"runId": run_id, "startTime": 7, "planTime": 7, "endTime": 9, "outcome": "success"}


def test_runs_of_which_each_is_the_only_one_of_its_instant_have_no_column_of_their_own() -> None:
    headers, rows = table("a", [record("a@7"), record("a@1~7"), record(""), record("b@7!beef")])
    assert headers == HEADERS
    assert {len(row) for row in rows} == {len(HEADERS)}


def test_a_failure_is_told_with_what_the_run_left() -> None:
    ended = {"outcome": "failed", "err": "exit status 3", "reason": "left 1 process, which goes on"}
    _, (row,) = table("a", [record("a@7") | ended])
    assert row[-1] == "exit status 3; left 1 process, which goes on"


def test_share_manual_id_and_attempt_are_told_where_any_run_of_the_page_has_one() -> None:
    run_ids = ["a@7", "a#10.0.0.1:b@7", "a#0@1~7", "a@7!beef", "a@7+1", "a#0@7!beef+2"]
    headers, rows = table("a", [record(each) for each in run_ids])
    assert headers[:4] == ["STARTED", "DUE", "RUN", "OUTCOME"]
    assert [row[2] for row in rows] == ["-", "#10.0.0.1:b", "#0", "!beef", "+1", "#0!beef+2"]
    assert {len(row) for row in rows} == {len(headers)}
