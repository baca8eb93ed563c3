"""Why, of jobs that people ran by hand: beside an instant, soon after it, or last of all."""

from typing import Any

from common import keys
from common.store import put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, ME, MINUTE, Scene

ASKED = NOON - HOUR // 2
RUN = f"a@{ASKED}!beef"
WHEN = "2023-11-15 11:30:00 UTC"
NEVER_SOON = "0 0 1 1 *"


def told(scene: Scene, **query: Any) -> str:
    """All that is said."""
    return " ".join(scene.ask(**query)["answer"])


def test_the_newest_run_by_hand_is_named_where_no_instant_ran(scene: Scene) -> None:
    scene.job(cronExpr=NEVER_SOON)
    early = ASKED - MINUTE
    scene.record("success", at=early, run_id=f"a@{early}!f00d", trigger="manual", by="ann")
    scene.record("failed", at=ASKED, run_id=RUN, trigger="manual", by="bob", err="exit status 3")
    said = f"It was last run by hand at {WHEN} by bob. It ran on {ME} and failed: exit status 3."
    assert said in scene.ask()["answer"]
    assert "by hand" not in told(scene, next=1)


def test_a_retry_of_it_that_waits_is_what_became_of_it(scene: Scene) -> None:
    scene.job(cronExpr=NEVER_SOON)
    scene.record("failed", at=ASKED, run_id=RUN, trigger="manual", by="bob", err="exit status 3")
    scene.owed(ASKED, f"{RUN}+1", "waiting", attempt=1, delay_ms=7_200_000, by="bob")
    said = told(scene)
    assert f"It was last run by hand at {WHEN} by bob." in said
    assert "It ended as failed (exit status 3), and retry 1 waits 2:00:00" in said


def test_one_that_no_worker_has_taken_up_is_told_so(scene: Scene) -> None:
    scene.job(cronExpr=NEVER_SOON)
    scene.record("success", at=ASKED, run_id=RUN, trigger="manual", by="bob")
    asked = pack_trigger(Trigger(NOON, NOON + 600_000, "cy"))
    put(scene.store, keys.trigger("a", "f00d"), asked)
    said = told(scene)
    assert "It was asked to be run by hand at 2023-11-15 12:00:00 UTC, and no worker" in said


def test_a_run_by_hand_before_a_scheduled_one_is_not_told(scene: Scene) -> None:
    scene.job()
    scene.record("success", at=ASKED, run_id=RUN, trigger="manual", by="bob")
    scene.record("failed", err="exit status 3")
    assert "by hand" not in told(scene)


def test_a_run_by_hand_is_told_beside_the_scheduled_one(scene: Scene) -> None:
    scene.job()
    scene.record("success")
    scene.record("success", run_id=f"a@{NOON}!beef", trigger="manual", by="bob")
    assert f"Beside it there was a run by hand: a@{NOON}!beef." in scene.ask()["answer"]


def test_a_run_by_hand_alone_says_who_asked(scene: Scene) -> None:
    scene.job()
    asked = NOON + 7000
    scene.record("success", at=asked, run_id=f"a@{asked}!beef", trigger="manual", by="bob")
    assert "run by hand by bob" in scene.first("success", at=asked)


def test_a_run_by_hand_soon_after_what_failed_is_told(scene: Scene) -> None:
    scene.job()
    scene.record("failed", err="exit status 3")
    asked = NOON + 90_000
    scene.record("success", at=asked, run_id=f"a@{asked}!beef", trigger="manual", by="bob")
    told = "Soon after it was run by hand: 2023-11-15 12:01:30 UTC by bob (success)."
    assert told in scene.ask()["answer"]
    trigger = Trigger(NOON + 100_000, NOON + 700_000, "cy")
    put(scene.store, keys.trigger("a", "f00d"), pack_trigger(trigger))
    assert "2023-11-15 12:01:40 UTC by cy (not begun yet)." in " ".join(scene.ask()["answer"])


def test_of_a_job_that_was_not_due_yet_the_run_by_hand_comes_first(scene: Scene) -> None:
    scene.job(cronExpr=NEVER_SOON)
    scene.record("success", at=ASKED, run_id=RUN, trigger="manual", by="bob")
    found = scene.ask()
    first, *more = found["answer"]
    said = (
        f"It was last run by hand at {WHEN} by bob. It ran on {ME}: success (run by hand by bob)."
    )
    assert (first, found["cause"], found["planTime"]) == (said, "success", None)
    assert found["runIds"] == [RUN]
    assert more[-1] == (
        "It has not been due since it was created; the first time is 2024-01-01 00:00:00 UTC."
    )


def test_of_a_job_that_was_made_and_run_within_minutes_the_run_comes_first(scene: Scene) -> None:
    scene.clock.ms = NOON + 5000
    scene.job()
    asked = NOON + 10_000
    scene.record("failed", at=asked, run_id=f"a@{asked}!beef", by="bob", err="exit status 3")
    assert scene.first("failed").startswith("It was last run by hand at 2023-11-15 12:00:10 UTC")
    assert scene.first("before_created", at=NOON).startswith("The job did not exist yet")
