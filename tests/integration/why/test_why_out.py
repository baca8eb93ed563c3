"""Why, of runs that are still out: where they run, what they wait for, and whose worker is gone."""

from common import keys
from common.store import delete
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, INCARNATION, ME, Scene


def test_a_run_that_is_out_is_running(scene: Scene) -> None:
    scene.job()
    scene.owed()
    assert scene.first("running") == (
        f"It is running on {ME}, or about to start: claimed for 2023-11-15 12:00:00 UTC."
    )
    scene.owed(start_time=NOON + 5)
    assert scene.first("running") == f"It is running on {ME} since 2023-11-15 12:00:00 UTC."


def test_a_run_in_line_names_the_run_that_it_waits_for(scene: Scene) -> None:
    scene.job(overlap="queue")
    scene.locked(scene.owed(NOON - HOUR))
    scene.owed(NOON, state="waiting")
    assert scene.first("waiting") == (
        f"It waits for a@{NOON - HOUR}, which still runs (overlap queue)."
    )


def test_a_run_whose_worker_is_gone_is_lost_before_that_is_recorded(scene: Scene) -> None:
    scene.job(overlap="queue")
    scene.owed(NOON)
    scene.owed(NOON - HOUR, state="waiting")
    delete(scene.store, keys.alive(INCARNATION))
    assert scene.first("lost") == f"It is lost: it was running on {ME}, whose lease has ended."
    waits = scene.ask(at=NOON - HOUR)
    assert waits["cause"] == "waiting"
    assert "another worker takes it over" in waits["answer"][1]
