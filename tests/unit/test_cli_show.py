"""How the command line prints: instants in their zone, tables that hold, nothing that forges."""

import contextlib
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cli import show


@pytest.mark.parametrize(
    ("ms", "zone", "shown"),
    [
        (0, "UTC", "1970-01-01 00:00:00 UTC"),
        (1_767_225_600_999, "Europe/Berlin", "2026-01-01 01:00:00 +01:00 Europe/Berlin"),
        (1_782_864_000_000, "Asia/Kathmandu", "2026-07-01 05:45:00 +05:45 Asia/Kathmandu"),
        (-1, "UTC", "1969-12-31 23:59:59 UTC"),
        (None, "UTC", "-"),
        (0, "Mars/Base", "0 ms"),
        (1 << 62, "UTC", f"{1 << 62} ms"),
    ],
)
def test_an_instant_is_shown_in_its_zone(ms: int | None, zone: str, shown: str) -> None:
    assert show.instant(ms, zone) == shown


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (5, 5, "-"),
        (0, 999, "999 ms"),
        (0, 1500, "1.5 s"),
        (0, 3_661_000, "1:01:01"),
        (5, 0, "-"),
    ],
)
def test_a_duration_is_short(start: int, end: int, shown: str) -> None:
    assert show.took({"startTime": start, "endTime": end}) == shown


@pytest.mark.parametrize("ended", [{"exitCode": 0}, {"signal": 15}])
def test_a_run_of_less_than_a_millisecond_took_none(ended: dict[str, int]) -> None:
    assert show.took({"startTime": 5, "endTime": 5, **ended}) == "0 ms"


@pytest.mark.parametrize(
    ("used", "shown"),
    [
        ({}, "1.5 s"),
        ({"cpuSeconds": 0.0124}, "1.5 s (cpu 12 ms)"),
        ({"cpuSeconds": 1.26, "peakMemoryBytes": 3 << 19}, "1.5 s (cpu 1.3 s, peak 1.5 MiB)"),
        ({"peakMemoryBytes": 0}, "1.5 s (peak 0.0 MiB)"),
    ],
)
def test_what_a_run_used_is_told_as_far_as_it_is_known(used: dict[str, float], shown: str) -> None:
    assert show.spent({"startTime": 0, "endTime": 1500, **used}) == shown


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (None, "-"),
        ({"outcome": "killed", "err": "signal: killed"}, "killed"),
        ({"err": ""}, "success"),
        ({"err": "exit status 1"}, "failed"),
        ({"outcome": "success", "lost": True}, "success (worker was lost meanwhile)"),
        ({"outcome": "lost", "lost": True}, "lost"),
    ],
)
def test_a_record_without_an_outcome_is_judged_by_its_error(
    record: dict[str, str] | None, shown: str
) -> None:
    assert show.outcome(record) == shown


def printed(headers: list[str], rows: list[list[object]]) -> list[str]:
    with CliRunner().isolation() as streams:
        show.print_table(headers, rows)
        return streams[0].getvalue().decode().splitlines()


def test_columns_line_up_also_with_wide_characters() -> None:
    assert printed(["NAME", "X"], [["备份", 1], ["abcdef", 22]]) == [
        "NAME    X",
        "备份    1",
        "abcdef  22",
    ]


def test_a_cell_cannot_break_its_line() -> None:
    assert printed(["NAME", "X"], [["a\nb\x1b[2J", ""]])[1:] == ["a\\nb\\x1b[2J"]


def test_without_a_terminal_nothing_is_cut() -> None:
    assert printed(["X"], [["y" * 500]])[1] == "y" * 500


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ({}, ""),
        ({"outcome": "failed", "err": "exit status 3"}, "exit status 3"),
        ({"outcome": "could_not_start", "err": "could not start: no such user"}, "no such user"),
        ({"outcome": "missed", "err": "not started: too late"}, "not started: too late"),
        ({"outcome": "failed", "err": "exit status 3", "reason": "left 1 process"},
         "exit status 3; left 1 process"),
    ],
)  # fmt: skip
def test_why_is_shown_without_saying_the_outcome_again(record: dict[str, str], shown: str) -> None:
    assert show.why(record) == shown


@pytest.mark.parametrize("text", ["abcdefghij", "备份备份备份", "a备" * 50])
def test_what_is_cut_fits_and_says_so(text: str) -> None:
    cut = show._cut(text, 8)
    assert cut.endswith("…")
    assert 7 <= show._width(cut) <= 8


def on_terminal(call: str, columns: int = 30) -> str:
    """What a call of `show` writes to a terminal of so many columns."""
    ours, theirs = os.openpty()
    code = f"from cli import show\nshow.{call}"
    environment = {**os.environ, "COLUMNS": str(columns)}
    ran = subprocess.run([sys.executable, "-c", code], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    with contextlib.suppress(OSError), open(ours, "rb") as screen:
        assert ran.returncode == 0
        return screen.read1(100_000).decode().replace("\r\n", "\n")
    return ""


def test_an_output_cannot_control_the_terminal() -> None:
    shown = on_terminal(r"print_output('a\n\tb\x1b]0;title\x07c\r\n')")
    assert shown == "a\n\tb\\x1b]0;title\\x07c\\r\n"


def test_an_output_goes_into_a_file_as_it_was() -> None:
    with CliRunner().isolation() as streams:
        show.print_output("a\x1b[2J")
        assert streams[0].getvalue() == b"a\x1b[2J\n"


def test_a_table_fits_the_terminal() -> None:
    lines = on_terminal("print_table(['NAME', 'COMMAND'], [['a', 'x' * 90]])").splitlines()
    assert lines == ["NAME  COMMAND", "a     " + "x" * 23 + "…"]


def test_that_nobody_told_what_a_run_printed_is_said_in_the_words_of_its_record() -> None:
    lost = "its output was lost with what its worker kept on disk"
    for reason in (lost, f"exit status 3; {lost}"):
        assert show.lacks({"outcome": "failed", "reason": reason}) == f"({lost})"
    for reason in ("", "exit status 3", "left 1 process, which was ended"):
        assert show.lacks({"outcome": "failed", "reason": reason}) == ""
