"""What a record says beside how its run was judged."""

import resource

from common.job import Job
from worker.cgroup_run import RunCgroup
from worker.judgement import Judgement
from worker.outlived import Outlived
from worker.remarks import remarks
from worker.trees import UNBOUND, Bounds

NARROW = Job("job", "true", "", limit_open_files=3, limit_processes=1)
WIDE = Job("job", "true", "", limit_open_files=16, limit_processes=5)
FAILED = Judgement("failed", "exit status 2")


def test_a_failure_says_which_limits_leave_a_shell_no_room() -> None:
    said = remarks(FAILED, NARROW, Outlived(), UNBOUND).split("; ")
    assert said == [
        f"{field}, which is less than most programs need"
        for field in ("limitOpenFiles is 3", "limitProcesses is 1")
    ]
    assert remarks(FAILED, WIDE, Outlived(), UNBOUND) == ""


def test_a_limit_that_nothing_kept_failed_no_run() -> None:
    said = remarks(FAILED, NARROW, Outlived(), Bounds(unkept=("limitProcesses",))).split("; ")
    assert said == [
        "not limited here, without a cgroup: limitProcesses",
        "limitOpenFiles is 3, which is less than most programs need",
    ]


def test_that_only_a_controller_is_missing_is_said_of_a_run_in_a_cgroup() -> None:
    resources = ((resource.RLIMIT_AS, 1, 1),)
    said = remarks(FAILED, WIDE, Outlived(), Bounds(RunCgroup("/"), resources, ("limitCpus",)))
    assert said.split("; ") == [
        "not limited here, without the cgroup controller for it: limitCpus",
        "limitMemoryBytes is each process's address space here, without the cgroup controller"
        " for it",
    ]


def test_what_was_killed_or_went_well_is_not_explained_by_its_limits() -> None:
    for outcome in ("success", "killed", "timeout"):
        assert remarks(Judgement(outcome), NARROW, Outlived(), UNBOUND) == ""


def test_what_may_live_on_after_kill_is_said() -> None:
    said = remarks(
        Judgement("killed", reason="killed by root"), NARROW, Outlived(undying=True), UNBOUND
    )
    assert said == "killed by root; some of its processes may live on: nobody saw KILL end them"


def test_what_goes_on_and_cannot_print_is_said() -> None:
    kept = Job("job", "true", "", leftovers="keep")
    said = remarks(Judgement("success"), kept, Outlived(1, unread=True), UNBOUND).split("; ")
    assert said == [
        "left 1 process, which goes on",
        "what goes on prints to nobody, since too much does: its next line may end it",
    ]
