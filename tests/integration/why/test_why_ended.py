"""Why, of instants that have ended: each cause is named by the first sentence."""

from typing import Any

import pytest

from common.changes import DELETED
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, ME, Scene

ENDED: list[tuple[str, dict[str, Any], str, str]] = [
    ("success", {}, "success", f"It ran on {ME}: success."),
    (
        "failed",
        {"err": "exit status 3"},
        "failed",
        f"It ran on {ME} and failed: exit status 3.",
    ),
    (
        "timeout",
        {"err": "timed out after 5 s"},
        "timeout",
        f"It ran on {ME} and was ended by its time limit: timed out after 5 s.",
    ),
    (
        "killed",
        {"err": "signal: killed", "reason": "killed on request by ann, this run"},
        "killed",
        f"It ran on {ME} and was killed: killed on request by ann, this run.",
    ),
    (
        "could_not_start",
        {"err": "could not start: /bin/zsh: No such file or directory"},
        "could_not_start",
        f"It could not be started on {ME}: /bin/zsh: No such file or directory.",
    ),
    (
        "lost",
        {"err": "lost: its worker was gone", "worker": ""},
        "lost",
        "It was lost: its worker was gone.",
    ),
    (
        "unknown",
        {"err": "unknown: the worker was killed before it was handed out"},
        "unknown",
        "Nobody knows whether it ran: the worker was killed before it was handed out.",
    ),
    (
        "skipped_overlap",
        {"reason": "a@1 was still running", "err": "a@1 was still running"},
        "skipped_overlap",
        "It was skipped, since an earlier run overlapped: a@1 was still running.",
    ),
    (
        "ran_elsewhere",
        {"err": "another system's worker held the job's lock"},
        "ran_elsewhere",
        "It was left to the Go system: another system's worker held the job's lock.",
    ),
    (
        "missed",
        {"reason": "no_slot"},
        "no_slot",
        "It was missed: no worker had room before its start deadline; nor is there now: no worker"
        " is registered: the whole fleet is stopped or cut off from the store.",
    ),
    (
        "missed",
        {"reason": "no_worker"},
        "no_worker",
        "It was missed: no worker that may run it was there before its start deadline; nor is there"
        " now: no worker is registered: the whole fleet is stopped or cut off from the store.",
    ),
    (
        "missed",
        {"reason": "no worker took it before its start deadline"},
        "missed_late",
        "It was missed: no worker took it before its start deadline.",
    ),
    (
        "not_started",
        {"reason": "the job was deleted"},
        "not_started_deleted",
        f"It was claimed by {ME} but not started: the job was deleted.",
    ),
    (
        "not_started",
        {"reason": "the job was paused"},
        "not_started_paused",
        f"It was claimed by {ME} but not started: the job was paused.",
    ),
    (
        "not_started",
        {"reason": "killed on request, all runs of the job"},
        "killed_before_start",
        f"It was claimed by {ME} but not started: killed on request, all runs of the job.",
    ),
    (
        "not_started",
        {"reason": "the worker's lease could not be relied on any more"},
        "not_started_lease",
        f"It was claimed by {ME} but not started: the worker's lease could not be relied on any"
        " more.",
    ),
    (
        "not_started",
        {"reason": "its start deadline had passed"},
        "not_started_deadline",
        f"It was claimed by {ME} but not started: its start deadline had passed.",
    ),
]


@pytest.mark.parametrize(("outcome", "fields", "cause", "said"), ENDED)
def test_a_record_is_told_by_its_outcome(
    scene: Scene, outcome: str, fields: dict[str, Any], cause: str, said: str
) -> None:
    scene.job()
    scene.record(outcome, **fields)
    assert scene.first(cause) == said
    assert scene.ask()["records"] == [f"a@{NOON}"]
    assert scene.ask()["planTime"] == NOON


def test_a_run_of_the_go_system_is_told_by_its_error_alone(scene: Scene) -> None:
    scene.job()
    scene.record("", worker="", trigger="", err="exit status 1")
    assert scene.first("failed") == "It ran and failed: exit status 1."


def test_what_could_not_start_is_not_said_to_have_started(scene: Scene) -> None:
    scene.job()
    late = NOON + 7
    scene.record("could_not_start", start_time=late, end_time=late, err="could not start: x: gone")
    assert scene.first("could_not_start") == f"It could not be started on {ME}: x: gone."
    assert not any("It started" in line for line in scene.ask()["answer"])


def test_a_run_that_was_caught_up_says_how_late_it_was(scene: Scene) -> None:
    scene.job()
    late = NOON + 17 * 60_000
    scene.record("success", trigger="catch-up", start_time=late, end_time=late + 2000)
    said = scene.first("caught_up", at=NOON)
    assert said == f"It was caught up on {ME}: it ran with success, 0:17:00 after its time."


@pytest.mark.parametrize("more", ["", "; not limited here, without a cgroup: limitCpus, and so on"])
def test_a_replaced_run_names_what_replaced_it(scene: Scene, more: str) -> None:
    scene.job(overlap="replace")
    asked = f"killed on request of a@{NOON + HOUR}, this run{more}"
    scene.record("killed", end_time=NOON + HOUR + 1200, reason=asked, err="signal: terminated")
    assert scene.first("replaced") == (
        f"It ran on {ME} and was replaced by a@{NOON + HOUR} (overlap replace)."
    )


@pytest.mark.parametrize("asker", [" of ann", ""])
def test_a_run_that_somebody_killed_near_a_later_instant_was_not_replaced(
    scene: Scene, asker: str
) -> None:
    scene.job(overlap="replace")
    asked = f"killed on request{asker}, this run"
    scene.record("killed", end_time=NOON + HOUR + 1200, reason=asked, err="signal: terminated")
    assert scene.first("killed").endswith(f"was killed: {asked}.")


def test_a_mark_of_a_lost_worker_is_said_beside_the_outcome(scene: Scene) -> None:
    scene.job()
    scene.record("success", lost=True)
    assert "Its worker was cut off meanwhile" in " ".join(scene.ask()["answer"])


def test_what_a_deleted_job_left_is_told_all_the_same(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON)
    scene.record("failed", err="exit status 9")
    scene.delete(NOON + 5000, "bob")
    assert scene.first("failed", at=NOON) == f"It ran on {ME} and failed: exit status 9."
    assert scene.first("deleted") == (
        "There is no such job: it was deleted at 2023-11-15 12:00:05 UTC by bob."
    )
    assert DELETED in scene.first("deleted", at=NOON + HOUR)


def test_an_instant_that_the_go_system_ran_twice_is_told_once(scene: Scene) -> None:
    scene.job()
    for run_id in ("6553f1a0c1d2e3f4a5b6c7d8", "6553f1a0c1d2e3f4a5b6c7d9"):
        scene.record("", worker="", trigger="", run_id=run_id)
    found = scene.ask()
    assert found["answer"][0] == "It ran: success."
    assert found["answer"][-1].startswith("It has 2 records: workers of the Go system may run")
