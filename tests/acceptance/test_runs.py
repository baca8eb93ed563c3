"""What becomes of single runs: killed, out of time, skipped."""

from pathlib import Path

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, own, running, with_outcome
from tests.waiting import until


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("echo so far; sleep 1000 & sleep 1000", "killed"),
        ("trap '' TERM; echo so far; while true; do sleep 1; done", "killed"),
    ],
    ids=["with children", "ignores TERM"],
)
def test_a_kill_ends_the_whole_tree_and_keeps_the_output_so_far(
    master: Master, worker: Daemon, command: str, outcome: str
) -> None:
    master.save(own("stubborn"), command, EVERY_SECOND, killGraceSeconds=0.5)
    until(lambda: running(own("stubborn@")), why="it runs")
    master.call("/job/delete", name=own("stubborn"))
    master.call("/job/kill", name=own("stubborn"))
    until(lambda: not running(own("stubborn@")), 10, "nothing of it is left")
    record = until(lambda: with_outcome(master, own("stubborn"), outcome))
    assert record["output"] == "so far\n"
    assert record["err"].startswith("signal: ")


def test_a_run_over_its_time_is_ended_and_says_so(master: Master, worker: Daemon) -> None:
    master.save("slow", "echo begun; sleep 1000", EVERY_SECOND, timeoutSeconds=0.3)
    record = until(lambda: with_outcome(master, "slow", "timeout"))
    assert record["output"] == "begun\n"


def test_a_job_still_running_is_skipped_with_a_record_unless_it_may_overlap(
    master: Master, worker: Daemon
) -> None:
    master.save(own("long"), "sleep 30", EVERY_SECOND)
    record = until(lambda: with_outcome(master, own("long"), "skipped_overlap"))
    assert "was still running" in record["err"]
    master.save(own("both"), "sleep 30", EVERY_SECOND, overlap="allow")
    until(lambda: len({_run_of(pid) for pid in running(own("both@"))}) >= 2, why="two at once")


def _run_of(pid: int) -> str:
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = [item for item in environment if item.startswith(b"FLEETCRON_RUN_ID=")]
    return found[0].decode() if found else ""
