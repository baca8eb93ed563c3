"""A run's output with the time of each line before it."""

import pytest

from cli.timed_output import timed_output

START = 1_700_000_000_000


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in UTC: 1_700_000_000 is 22:13:20."""
    monkeypatch.setenv("TZ", "UTC")


def record(output: str, times: str) -> dict[str, object]:
    return {"output": output, "lineTimes": times, "startTime": START}


def test_each_line_has_its_time_before_it() -> None:
    assert timed_output(record("a\nb\nc", "7*2,1000*1")) == (
        "2023-11-14 22:13:20.007  a\n2023-11-14 22:13:20.007  b\n2023-11-14 22:13:21.007  c\n"
    )


def test_a_line_of_which_nothing_is_known_has_blanks() -> None:
    blank = " " * len("2023-11-14 22:13:20.007")
    assert timed_output(record("a\n\nc\n", "")) == f"{blank}  a\n{blank}  \n{blank}  c\n"
    assert timed_output(record("a\nb\n", "7*1")).splitlines()[1] == f"{blank}  b"


def test_times_beyond_the_lines_are_left_out() -> None:
    assert timed_output(record("a\n", "0*999999999")).count("\n") == 1
    assert timed_output(record("", "0*3")) == ""
    assert timed_output({}) == ""


def test_a_time_beyond_all_calendars_is_blank() -> None:
    assert timed_output(record("a", "9" * 15 + "*1")).strip() == "a"
