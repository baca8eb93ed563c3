"""Standard streams that are closed or full: a sentence at most, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
EXPLAIN = f"exec '{sys.executable}' -m cli explain"


def shell(command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    argv = ["sh", "-c", command]
    return subprocess.run(argv, cwd=HERE, input=given, capture_output=True, text=True)


@pytest.mark.parametrize("asked", ["@daily", "-", "@daily -o json"])
def test_a_full_disk_under_the_output_is_said_in_a_sentence(asked: str) -> None:
    ran = shell(f"{EXPLAIN} {asked} >/dev/full", "@daily\n")
    assert ran.stderr == "Error: input or output failed: No space left on device\n"
    assert ran.returncode == 1


def test_a_closed_input_holds_nothing() -> None:
    ran = shell(f"{EXPLAIN} - <&-")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_closed_output_takes_everything() -> None:
    ran = shell(f"{EXPLAIN} @daily >&-")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_no_file_of_ours_gets_the_number_of_a_stream_that_was_closed() -> None:
    look = (
        "from cli.streams import open_missing; open_missing(); import os;"
        'print(*(os.readlink(f"/proc/self/fd/{number}") for number in (0, 2)))'
    )
    ran = shell(f"exec '{sys.executable}' -c '{look}' <&- 2>&-")
    assert ran.stdout == "/dev/null /dev/null\n"
