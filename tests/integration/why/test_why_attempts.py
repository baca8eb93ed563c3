"""Why, of instants that were tried again: each attempt is told, and what the next waits for."""

from tests.integration.mastering import NOON
from tests.integration.why.scene import ME, Scene


def test_a_retried_run_tells_each_attempt(scene: Scene) -> None:
    scene.job(retries=2)
    for attempt in (0, 1):
        run_id = f"a@{NOON}" + (f"+{attempt}" if attempt else "")
        scene.record("failed", run_id=run_id, attempt=attempt, err="exit status 3")
    scene.record("success", run_id=f"a@{NOON}+2", attempt=2)
    found = scene.ask()
    assert found["cause"] == "retried"
    first = f"It ran on {ME}: retry 2 of 2 succeeded, after 2 attempts that did not."
    assert found["answer"][0] == first
    assert [f"a@{NOON}", f"a@{NOON}+1", f"a@{NOON}+2"] == found["runIds"] == found["records"]
    assert f"The first attempt on {ME} ended as failed (exit status 3)" in found["answer"][2]


def test_a_lost_run_that_was_run_again_tells_both(scene: Scene) -> None:
    scene.job(rerunLost=True)
    scene.record("lost", worker="", err="lost: its worker was gone", lost=True)
    scene.record("success", run_id=f"a@{NOON}+1", attempt=1)
    assert "retry 1 succeeded" in scene.first("retried")
    assert any("The first attempt ended as lost" in each for each in scene.ask()["answer"])


def test_a_retry_that_waits_says_which_attempt_and_until_when(scene: Scene) -> None:
    scene.job(retries=3)
    scene.record("failed", err="exit status 3")
    scene.owed(NOON, f"a@{NOON}+1", "waiting", attempt=1, delay_ms=60_000, trigger="retry")
    assert scene.first("retry_waits") == (
        "It ended as failed (exit status 3), and retry 1 of 3 waits 0:01:00:"
        " until about 2023-11-15 12:01:04 UTC."
    )


def test_a_retry_whose_delay_is_over_waits_for_what_holds_the_job(scene: Scene) -> None:
    scene.job(retries=3, overlap="queue")
    scene.record("failed", err="exit status 3")
    scene.owed(NOON, f"a@{NOON}+1", "waiting", attempt=1, delay_ms=1000, trigger="retry")
    assert scene.first("retry_waits").endswith("retry 1 of 3 waits for its turn.")
    scene.locked(scene.owed(NOON + 5000, state="running"))
    assert f"waits for a@{NOON + 5000}, which still runs." in scene.first("retry_waits", at=NOON)
