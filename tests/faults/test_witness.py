"""The witness: what jobs note is read as they noted it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.faults.witness import Start, Witness, read
from tests.waiting import until


def environment(run_id: str, plan: int = 1_800_000_000_000, fence: int = 7) -> dict[str, str]:
    """What a job is given."""
    return {
        "PATH": "/usr/bin:/bin",
        "FLEETCRON_RUN_ID": run_id,
        "FLEETCRON_JOB": "tick",
        "FLEETCRON_PLAN_TIME": str(plan),
        "FLEETCRON_FENCE": str(fence),
    }


def run(witness: Witness, run_id: str, work: str = "") -> "subprocess.Popen[str]":
    """Start a job's command as an executor does."""
    command = ["/bin/sh", "-c", witness.command(work, "v1")]
    return subprocess.Popen(
        command, env=environment(run_id), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_run_notes_its_beginning_and_its_end(tmp_path: Path) -> None:
    witness = Witness(tmp_path / "a folder")
    before = float(Path("/proc/uptime").read_text().split()[0])
    with run(witness, "tick@1") as process:
        assert process.communicate()[0] == "tick@1\n"
    (start,) = witness.starts("tick")
    assert (start.run_id, start.job, start.fence, start.note) == ("tick@1", "tick", 7, "v1")
    assert (start.plan, start.pid, start.parent) == (1_800_000_000_000, process.pid, os.getpid())
    assert start.alone
    assert start.ended is not None
    assert before <= start.began <= start.ended
    assert witness.starts("another") == []


def test_a_run_beside_another_knows_it_and_one_after_a_killed_one_is_alone(tmp_path: Path) -> None:
    witness = Witness(tmp_path)
    with run(witness, "tick@1", "read -r _") as first:
        until(lambda: witness.starts(), why="the first has begun")
        with run(witness, "tick@2") as second:
            second.wait()
        first.kill()
    with run(witness, "tick@3") as third:
        third.wait()
    found = {start.run_id: (start.alone, start.ended is None) for start in witness.starts()}
    assert found == {
        "tick@1": (True, True),
        "tick@2": (False, False),
        "tick@3": (True, False),
    }


def test_two_starts_of_one_run_are_two() -> None:
    line = "began tick@1 tick 1000 7 {} 3 5.00 alone -"
    found = read([line.format(11), line.format(12), "ended tick@1 tick 1000 7 12 3 6.00 alone -"])
    one = Start("tick@1", "tick", 1000, 7, 11, 5.0, parent=3)
    assert found == [one, Start("tick@1", "tick", 1000, 7, 12, 5.0, ended=6.0, parent=3)]


@pytest.mark.parametrize("line", ["", "began tick@1", "ended tick@1 tick 1000 7 1 3 6.00 alone -"])
def test_a_line_that_no_job_wrote_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"not a witness's line|without its beginning"):
        read([line])
