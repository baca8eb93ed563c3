"""Why, of jobs that were changed by hand or by a Go master: nobody noted it, but it holds."""

import json

import pytest

from common import keys
from common.store import put
from common.watermark import LATEST_MS
from tests.integration.mastering import EVERY_SECOND, NOON
from tests.integration.why.scene import HOUR, Scene

NOTED = "It was changed by hand or by a Go master after 2023-11-15 06:30:00 UTC;"


def by_hand(scene: Scene, **fields: object) -> None:
    """Put the job as no master of ours does."""
    said = {"name": "a", "command": "true", "cronExpr": "0 * * * *", **fields}
    put(scene.store, keys.job("a"), json.dumps(said).encode())


def test_a_job_that_was_paused_by_hand_is_paused(scene: Scene) -> None:
    scene.job()
    scene.worker()
    scene.settled(NOON - HOUR)
    by_hand(scene, paused=True, pauseReason="works")
    found = scene.ask()
    assert found["cause"] == "paused"
    assert found["answer"][0] == "The job is paused, without an end (works)."
    assert found["answer"][1].startswith(NOTED)


def test_a_pause_by_hand_is_not_one_that_was_ended_before(scene: Scene) -> None:
    scene.job()
    scene.edit(NOON - 3 * HOUR, "bob", paused=True)
    scene.edit(NOON - 2 * HOUR, "bob", paused=False)
    by_hand(scene, paused=True)
    assert scene.first("paused", next=1) == "It will not run: the job is paused, without an end."


def test_a_job_that_was_resumed_by_hand_is_not_paused(scene: Scene) -> None:
    scene.job()
    scene.edit(NOON - HOUR // 2, "ann", paused=True, pausedUntil=LATEST_MS)
    by_hand(scene)
    scene.settled(NOON - HOUR)
    assert "whole fleet is stopped" in scene.first("fleet_stopped")


def test_an_instant_of_a_schedule_that_came_by_hand_is_owed(scene: Scene) -> None:
    scene.job(cronExpr="0 5 * * *")
    by_hand(scene, cronExpr=EVERY_SECOND)
    scene.settled(NOON)
    assert "whole fleet is stopped" in scene.first("fleet_stopped")
    assert any(each.startswith(NOTED) for each in scene.ask()["answer"])


def test_an_instant_of_the_schedule_before_a_change_by_hand_is_told_so(scene: Scene) -> None:
    scene.job(cronExpr=EVERY_SECOND)
    by_hand(scene)
    found = scene.ask(at=NOON + 1000)
    assert found["cause"] == "edited"
    assert found["answer"][0] == (
        f"The job was edited before that: it was due then by {EVERY_SECOND!r} (UTC) only."
    )
    assert found["answer"][-1].startswith(NOTED)


@pytest.mark.parametrize("query", [{"last": 1}, {"at": NOON}])
def test_a_job_that_was_made_anew_by_hand_is_not_deleted(
    scene: Scene, query: dict[str, object]
) -> None:
    scene.job()
    scene.delete(NOON - HOUR, "bob")
    by_hand(scene)
    assert "whole fleet is stopped" in scene.first("fleet_stopped", **query)


def test_a_job_as_our_master_made_it_was_not_changed_by_hand(scene: Scene) -> None:
    scene.job()
    scene.edit(NOON - HOUR, "ann", description="more", paused=True)
    scene.edit(NOON - HOUR // 2, "ann", paused=False)
    scene.settled(NOON - HOUR)
    by_hand(scene, description="the same to the clock")
    said = scene.ask()["answer"]
    assert not any("by hand" in each for each in said)
