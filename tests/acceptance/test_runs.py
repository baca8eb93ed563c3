"""What becomes of single runs: killed, out of time, skipped."""

from pathlib import Path

import pytest

from tests.acceptance.fleet import EVERY_SECOND, Daemon, Master, own, running, with_outcome
from tests.own_user import OWN_USER
from tests.waiting import until
from worker.process_stat import run_id_of


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        ("echo so far; touch {0}; sleep 1000 & sleep 1000", "killed"),
        ("trap '' TERM; echo so far; touch {0}; while true; do sleep 1; done", "killed"),
    ],
    ids=["with children", "ignores TERM"],
)
def test_a_kill_ends_the_whole_tree_and_keeps_the_output_so_far(
    tmp_path: Path, master: Master, worker: Daemon, command: str, outcome: str
) -> None:
    begun = tmp_path / "begun"
    master.save(own("stubborn"), command.format(begun), EVERY_SECOND, killGraceSeconds=0.5)
    until(begun.exists, why="it runs")
    master.call("/job/delete", name=own("stubborn"))
    master.call("/job/kill", name=own("stubborn"))
    until(lambda: not running(own("stubborn@")), why="nothing of it is left")
    record = until(lambda: with_outcome(master, own("stubborn"), outcome))
    assert record["output"] == "so far\n"
    assert record["err"].startswith("signal: ")


def test_a_run_over_its_time_is_ended_and_says_so(master: Master, worker: Daemon) -> None:
    master.save("slow", "echo begun; sleep 1000", EVERY_SECOND, timeoutSeconds=0.3)

    def outputs() -> set[str]:
        return {log["output"] for log in master.logs("slow") if log["outcome"] == "timeout"}

    # On a busy machine the first of them may not even come to speak.
    until(lambda: "begun\n" in outputs(), why="one is ended that has begun")
    assert outputs() <= {"", "begun\n"}


def test_a_run_leaves_nothing_and_says_what_it_left_and_used(
    master: Master, worker: Daemon
) -> None:
    away = "setsid sh -c '(sleep 1000 <&- >&- 2>&- &)'; ulimit -n"
    master.save(own("leaving"), away, EVERY_SECOND, limitOpenFiles=40)
    record = until(lambda: with_outcome(master, own("leaving"), "success"))
    master.call("/job/delete", name=own("leaving"))
    assert record["output"] == "40\n"
    assert record["reason"] == "left 1 process, which was ended"
    assert record["writtenBytes"] >= 0
    until(lambda: not running(own("leaving@")), why="nothing of it is left")


def test_a_job_still_running_is_skipped_with_a_record_unless_it_may_overlap(
    master: Master, worker: Daemon
) -> None:
    master.save(own("long"), "sleep 30", EVERY_SECOND)
    record = until(lambda: with_outcome(master, own("long"), "skipped_overlap"))
    assert "was still running" in record["err"]
    master.save(own("both"), "sleep 30", EVERY_SECOND, overlap="allow")
    until(lambda: len({run_id_of(pid) for pid in running(own("both@"))}) >= 2, why="two at once")


def test_a_run_finds_what_its_job_says_and_what_cannot_start_is_recorded_so(
    master: Master, worker: Daemon
) -> None:
    around = {"env": {"COLOR": "blue"}, "cwd": "/usr", "umask": "0077", "stdin": "hello", "nice": 5}
    master.save("place", 'pwd; umask; cat; echo " $COLOR"; nice', EVERY_SECOND, **around)
    words = {"argv": ["printf", "%s|", "a b", "$HOME"], "user": OWN_USER}
    master.save("words", "printf '%s|' 'a b' '$HOME'", EVERY_SECOND, **words)
    master.save("stranger", "id", EVERY_SECOND, user="nobody")
    master.save("lost", "true", EVERY_SECOND, cwd="/no/such/place", nice=1)
    record = until(lambda: with_outcome(master, "place", "success"))
    assert record["output"] == "/usr\n0077\nhello blue\n5\n"
    assert until(lambda: with_outcome(master, "words", "success"))["output"] == "a b|$HOME|"
    record = until(lambda: with_outcome(master, "lost", "could_not_start"))
    assert record["err"] == "could not start: cwd /no/such/place: No such file or directory"
    record = until(lambda: with_outcome(master, "stranger", "could_not_start"))
    assert "nobody" in record["err"]
    assert record["startTime"] == record["endTime"]
