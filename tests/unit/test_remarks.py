"""What a record says beside how its run was judged."""

from common.job import Job
from worker.judgement import Judgement
from worker.remarks import remarks
from worker.trees import UNBOUND, Bounds

NARROW = Job("job", "true", "", limit_open_files=3, limit_processes=1)
FAILED = Judgement("failed", "exit status 2")


def test_a_failure_says_which_limits_leave_a_shell_no_room() -> None:
    said = remarks(FAILED, NARROW, 0, UNBOUND).split("; ")
    assert said == [
        f"{field}, which is less than most programs need"
        for field in ("limitOpenFiles is 3", "limitProcesses is 1")
    ]
    wide = Job("job", "true", "", limit_open_files=16, limit_processes=5)
    assert remarks(FAILED, wide, 0, UNBOUND) == ""


def test_a_limit_that_nothing_kept_failed_no_run() -> None:
    said = remarks(FAILED, NARROW, 0, Bounds(unkept=("limitProcesses",))).split("; ")
    assert said == [
        "not limited here, without a cgroup: limitProcesses",
        "limitOpenFiles is 3, which is less than most programs need",
    ]


def test_what_was_killed_or_went_well_is_not_explained_by_its_limits() -> None:
    for outcome in ("success", "killed", "timeout"):
        assert remarks(Judgement(outcome), NARROW, 0, UNBOUND) == ""


def test_what_may_live_on_after_kill_is_said() -> None:
    said = remarks(Judgement("killed", reason="killed by root"), NARROW, 0, UNBOUND, undying=True)
    assert said == "killed by root; some of its processes may live on: nobody saw KILL end them"
