"""What becomes of a command that an executor runs to its own end."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.executing import Desk, boot_now, desk, memory_bytes, processes_of
from tests.waiting import until


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One executor for all tests here: what one run does must not matter to the next."""
    with desk(tmp_path_factory.mktemp("executor")) as made:
        yield made


def test_stdout_and_stderr_come_in_the_order_they_were_printed(office: Desk) -> None:
    end = office.run("for i in 1 2 3; do echo out $i; echo err $i >&2; done")
    assert end.output == b"out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n"
    assert (end.outcome, end.exit_code, end.signal, end.err) == ("success", 0, None, "")
    assert (end.output_bytes, end.truncated, end.reason) == (len(end.output), False, "")


def test_an_exit_status_is_recorded_as_a_failure(office: Desk) -> None:
    end = office.run("echo before; exit 3")
    assert (end.outcome, end.exit_code, end.signal) == ("failed", 3, None)
    assert (end.err, end.output) == ("exit status 3", b"before\n")


def test_a_command_that_is_not_found_failed_with_the_shells_status(office: Desk) -> None:
    end = office.run("surely-no-such-program")
    assert (end.outcome, end.exit_code) == ("failed", 127)
    assert b"not found" in end.output


def test_a_signal_is_recorded_by_number_and_name(office: Desk) -> None:
    end = office.run("kill -SEGV $$")
    assert (end.outcome, end.exit_code, end.signal) == ("failed", None, 11)
    assert end.err == "signal: segmentation fault"


def test_start_and_end_are_the_runs_own_times(office: Desk) -> None:
    before = time.time_ns() // 1_000_000
    end = office.run("sleep 0.3")
    after = time.time_ns() // 1_000_000
    assert before <= end.start_ms <= end.end_ms - 300
    assert end.end_ms <= after


def test_cpu_seconds_count_what_the_command_used(office: Desk) -> None:
    busy = office.run("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done")
    idle = office.run("sleep 0.2")
    assert busy.cpu_seconds is not None
    assert idle.cpu_seconds is not None
    assert 0 <= idle.cpu_seconds < busy.cpu_seconds


def test_a_background_process_that_keeps_the_pipe_does_not_keep_the_run(office: Desk) -> None:
    given = office.submit("sleep 1000 & echo hi")
    end = office.ended(given)
    assert (end.outcome, end.output) == ("success", b"hi\n")
    assert end.end_ms - end.start_ms < 10_000
    assert processes_of(given.run_id) == []


def test_a_background_process_that_prints_without_end_does_not_keep_the_run(office: Desk) -> None:
    given = office.submit("yes & echo first")
    end = office.ended(given)
    assert end.outcome == "success"
    assert processes_of(given.run_id) == []


def test_a_quiet_background_process_is_gone_when_its_run_is_over(office: Desk) -> None:
    given = office.submit("trap '' TERM; sleep 1000 >/dev/null 2>&1 & echo done")
    assert office.ended(given).output == b"done\n"
    assert processes_of(given.run_id) == []


def test_a_command_that_closes_its_output_lives_on_without_cost(office: Desk) -> None:
    before = cpu_ticks(office.link.pid)
    given = office.submit("exec >&- 2>&-; sleep 1; exit 4")
    end = office.ended(given)
    assert (end.outcome, end.exit_code, end.output) == ("failed", 4, b"")
    assert end.end_ms - end.start_ms >= 1000
    assert cpu_ticks(office.link.pid) - before < 30


def test_what_lies_in_the_pipe_at_the_end_is_kept(office: Desk) -> None:
    end = office.run("head -c 60000 /dev/zero | tr '\\0' x; kill -KILL $$")
    assert (end.signal, end.output) == (9, b"x" * 60000)


def test_a_hundred_megabytes_leave_head_tail_and_count_and_no_memory(office: Desk) -> None:
    office.run("true")
    before = memory_bytes(office.link.pid)
    end = office.run("echo first; head -c 100M /dev/zero; echo; echo last")
    assert end.output_bytes == 100 * 1024 * 1024 + len("first\n\nlast\n")
    assert end.truncated
    assert end.output.startswith(b"first\n\0\0")
    assert end.output.endswith(b"\0\0\nlast\n")
    left_out = end.output_bytes - 2 * 65536
    assert b"\n... %d bytes left out ...\n" % left_out in end.output
    assert memory_bytes(office.link.pid) - before < 10 * 1024 * 1024


def test_output_of_an_order_that_keeps_none_is_counted_all_the_same(office: Desk) -> None:
    end = office.run("echo 12345", output_head_bytes=0, output_tail_bytes=0)
    assert (end.output_bytes, end.truncated) == (6, True)


def test_a_run_never_starts_before_its_instant(office: Desk) -> None:
    for early in (1, 20, 300):
        instant = time.time_ns() // 1_000_000 + early
        end = office.run("date +%s%3N", start_at=boot_now() + early / 1000)
        assert int(end.output) >= instant
        assert end.start_ms >= instant


def test_a_run_past_its_lease_is_not_started(office: Desk, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    over = boot_now() - 0.01
    end = office.run(f"touch {witness}", incarnation="of the past", not_after=over)
    assert (end.outcome, end.exit_code, end.output) == ("not_started", None, b"")
    assert "lease" in end.reason
    assert end.err == f"not started: {end.reason}"
    assert end.start_ms == end.end_ms
    assert not witness.exists()


def test_a_run_past_its_start_deadline_is_not_started_for_another_reason(
    office: Desk, tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    end = office.run(f"touch {witness}", start_by=boot_now() - 0.01)
    assert end.outcome == "not_started"
    assert "start deadline" in end.reason
    assert not witness.exists()


def test_a_lease_that_ends_while_the_run_waits_keeps_it_from_starting(office: Desk) -> None:
    soon = boot_now() + 0.2
    end = office.run("true", start_at=soon + 3600, incarnation="of a moment", not_after=soon)
    assert end.outcome == "not_started"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"command": "true " + "x" * 200_000}, "Argument list too long"),
        ({"command": "echo \0"}, "null byte"),
        ({"command": "echo \ud800"}, "surrogates not allowed"),
        ({"command": "true", "shell": "/no/such/shell"}, "/no/such/shell: No such file"),
        (
            {"command": "true", "shell": "/etc/passwd"},
            "/etc/passwd: may not be executed: Permission denied",
        ),
        ({"command": "true", "environment": {"FLEETCRON_X": "a\0b"}}, "null byte"),
    ],
    ids=["too long", "NUL", "surrogate", "missing shell", "no program", "NUL in environment"],
)
def test_what_cannot_be_started_says_why_and_the_executor_goes_on(
    office: Desk, changed: dict[str, object], why: str
) -> None:
    end = office.run(**{"command": "", **changed})  # type: ignore[arg-type]
    assert (end.outcome, end.exit_code, end.signal) == ("could_not_start", None, None)
    assert end.err.startswith("could not start: ")
    assert why in end.err
    assert end.start_ms == end.end_ms
    assert [office.run("echo still here").output for _ in range(4)] == [b"still here\n"] * 4


def test_no_descriptor_is_left_open_by_a_run(office: Desk) -> None:
    office.run("true")
    before = descriptors(office.link.pid)
    for command in ("true", "exit 1", "echo \0", "sleep 100 & true", "exec >&-"):
        office.run(command)
    assert until(lambda: descriptors(office.link.pid) == before, why="as many as before")


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def cpu_ticks(pid: int) -> int:
    """User and system time of the process itself, in clock ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
