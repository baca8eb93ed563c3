"""How a run is judged once its command has ended."""

import pytest

from common.job import Job
from worker.judgement import Judgement, judge
from worker.orders import CUT_OFF

JOB = Job("job", "true", "* * * * *", timeout_seconds=2.5)
DIRECT = Job("job", "true", "* * * * *", argv=("true",))
PICKY = Job("job", "true", "* * * * *", success_exit_codes=(1, 3))


@pytest.mark.parametrize(
    ("job", "cause", "code", "why", "printed", "judged"),
    [
        (JOB, "", 0, None, "", Judgement("success")),
        (JOB, "", 3, None, "", Judgement("failed", "exit status 3")),
        (DIRECT, "", 127, None, "", Judgement("failed", "exit status 127")),
        (
            JOB,
            "",
            126,
            None,
            "line 1",
            Judgement(
                "failed",
                "exit status 126, by which a shell says that a command may not be executed",
                "line 1",
            ),
        ),
        (JOB, "killed", 127, "by ann", "", Judgement("killed", "exit status 127", "by ann")),
        (JOB, "", -9, None, "", Judgement("failed", "signal: killed")),
        (PICKY, "", 3, None, "", Judgement("success")),
        (
            PICKY,
            "",
            0,
            None,
            "",
            Judgement("failed", "exit status 0, which is not in successExitCodes"),
        ),
        (JOB, "", 0, None, "line 1", Judgement("failed", "line 1", "line 1")),
        (PICKY, "", 3, None, "line 1", Judgement("failed", "line 1", "line 1")),
        (JOB, "", 3, None, "line 1", Judgement("failed", "exit status 3", "line 1")),
        (
            JOB,
            "killed",
            -15,
            "by ann",
            "line 1",
            Judgement("killed", "signal: terminated", "by ann"),
        ),
        (JOB, "killed", 0, "by ann", "", Judgement("killed", "exit status 0", "by ann")),
        (PICKY, "killed", 3, "by ann", "", Judgement("killed", "exit status 3", "by ann")),
        (JOB, "killed", -9, CUT_OFF, "", Judgement("killed", f"killed: {CUT_OFF}", CUT_OFF)),
        (JOB, "timeout", 0, None, "line 1", Judgement("timeout", "timed out after 2.5 s")),
    ],
)
def test_the_outcome_and_its_sentence(
    job: Job, cause: str, code: int, why: str | None, printed: str, judged: Judgement
) -> None:
    assert judge(job, cause, code, why, printed) == judged


def test_an_exit_status_that_nobody_knows_is_no_success() -> None:
    assert judge(JOB, "", None, None, "").outcome == "failed"
