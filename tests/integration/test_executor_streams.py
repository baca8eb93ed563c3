"""What a run prints and how it ends: judged, timed and kept as its job says."""

from collections.abc import Iterator

import pytest

from common.line_times import decode
from tests.integration.executing import Desk, desk

MANY = 20_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One executor for all tests here."""
    with desk(tmp_path_factory.mktemp("executor")) as made:
        yield made


def test_an_exit_code_that_the_job_calls_a_success_is_one(office: Desk) -> None:
    codes = {"success_exit_codes": (0, 3)}
    ended = office.run("exit 3", **codes)
    assert (ended.outcome, ended.exit_code, ended.err) == ("success", 3, "")
    ended = office.run("exit 4", **codes)
    assert (ended.outcome, ended.exit_code, ended.err) == ("failed", 4, "exit status 4")
    ended = office.run("true", success_exit_codes=(7,))
    assert (ended.outcome, ended.exit_code, ended.err) == (
        "failed",
        0,
        "exit status 0, which is not in successExitCodes",
    )


def test_a_run_that_prints_what_the_pattern_finds_has_failed(office: Desk) -> None:
    ended = office.run("echo fine; echo 'ERROR: no disk' >&2", fail_pattern="^ERROR")
    assert (ended.outcome, ended.exit_code) == ("failed", 0)
    assert ended.err == "line 2 of its output matches failPattern: ERROR: no disk"
    assert office.run("echo no ERROR", fail_pattern="^ERROR").outcome == "success"
    ended = office.run("echo ERROR; exit 3", fail_pattern="^ERROR")
    assert (ended.err, ended.reason) == (
        "exit status 3",
        "line 1 of its output matches failPattern: ERROR",
    )


def test_the_pattern_is_looked_for_in_what_is_not_kept_too(office: Desk) -> None:
    command = f"seq {MANY}; echo ERROR; seq {MANY}"
    ended = office.run(command, fail_pattern="ERROR", output_head_bytes=100, output_tail_bytes=100)
    assert b"ERROR" not in ended.output
    assert (ended.outcome, ended.err) == (
        "failed",
        f"line {MANY + 1} of its output matches failPattern: ERROR",
    )


def test_each_line_has_its_time(office: Desk) -> None:
    ended = office.run("echo one; echo two; sleep 1; printf three; sleep 1; echo ' four'; echo 5")
    times = list(decode(ended.line_times))
    assert len(times) == len(ended.output.splitlines()) == 4
    assert times[0] <= times[1] < 1000 <= times[2] < 2000 <= times[3]
    assert times[3] <= ended.end_ms - ended.start_ms + 1


@pytest.mark.parametrize("command", ["head -c 3000000 /dev/urandom", "yes | head -c 3000000"])
def test_there_are_as_many_times_as_kept_lines_whatever_is_printed(
    office: Desk, command: str
) -> None:
    ended = office.run(command, output_head_bytes=5000, output_tail_bytes=5000)
    assert ended.truncated
    text = ended.output
    assert len(list(decode(ended.line_times))) == text.count(b"\n") + (not text.endswith(b"\n"))
