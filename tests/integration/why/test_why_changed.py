"""Why, of instants that an edit, a pause or a deletion explains: whose it was, and when."""

from typing import Any

import pytest

from common import keys
from common.store import delete
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, MINUTE, Scene


def test_an_instant_before_the_job_was_made_says_who_made_it_when(scene: Scene) -> None:
    scene.job()
    assert scene.first("before_created", at="2023-11-15T05:00") == (
        "The job did not exist yet: it was created at 2023-11-15 06:30:00 UTC by ann."
    )


def test_an_instant_between_a_deletion_and_a_new_job_says_both(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON - 3 * HOUR)
    scene.delete(NOON - 3 * HOUR + MINUTE, "bob")
    scene.edit(NOON - MINUTE, "cy", command="true", cronExpr="0 * * * *")
    found = scene.ask(at=NOON - HOUR)
    assert found["cause"] == "before_created"
    assert "deleted at 2023-11-15 09:01:00 UTC by bob" in found["answer"][0]
    assert found["answer"][1] == "It was made anew at 2023-11-15 11:59:00 UTC by cy."


def test_a_paused_instant_names_who_paused_until_when_and_why(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON - 2 * HOUR)
    fields = {"paused": True, "pausedUntil": NOON + HOUR, "pauseReason": "moving house"}
    scene.edit(NOON - 2 * HOUR + MINUTE, "bob", **fields)
    found = scene.ask(at=NOON)
    assert found["cause"] == "paused"
    assert found["answer"][0] == (
        "The job was paused at 2023-11-15 10:01:00 UTC by bob,"
        " until 2023-11-15 13:00:00 UTC (moving house)."
    )


def test_a_pause_that_is_over_is_told_with_who_resumed(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON - 3 * HOUR)
    scene.edit(NOON - 3 * HOUR + MINUTE, "bob", paused=True)
    scene.edit(NOON - HOUR - MINUTE, "cy", paused=False)
    found = scene.ask(at=NOON - 2 * HOUR)
    assert found["cause"] == "paused"
    assert "by bob, without an end." in found["answer"][0]
    assert "The job was resumed at 2023-11-15 10:59:00 UTC by cy." in found["answer"]


def test_a_job_that_is_paused_says_so_of_its_next_instant(scene: Scene) -> None:
    scene.job()
    scene.worker()
    scene.edit(NOON - MINUTE, "bob", paused=True, pauseReason="moving house", pausedBy="bob")
    assert scene.first("paused", next=1) == (
        "It will not run: the job is paused since 2023-11-15 11:59:00 UTC by bob,"
        " without an end (moving house)."
    )


def test_a_pause_that_nobody_logged_is_told_from_the_job(scene: Scene) -> None:
    scene.job(paused=True)
    delete(scene.store, keys.changes("a"))
    assert scene.first("paused", at=NOON) == "The job is paused by ann, without an end."


def test_a_schedule_that_was_edited_since_is_told_with_what_was_due_then(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON - HOUR)
    scene.edit(NOON - MINUTE, "bob", cronExpr="30 * * * *")
    assert scene.first("edited", at=NOON) == (
        "The job was edited before that: it was due then by '0 * * * *' (UTC) only."
    )
    scene.settled(NOON + 30_000)
    was = scene.ask(at=NOON - 30 * MINUTE)
    assert was["cause"] == "edited"
    assert was["answer"][0] == (
        "The job was edited since: by its schedule of that time, '0 * * * *' (UTC), it was not due."
    )
    assert "by bob (cronExpr)" in was["answer"][1]
    assert was["answer"][2] == "Now it is '30 * * * *' (UTC)."


@pytest.mark.parametrize("query", [{"at": "2099-01-01T00:00"}, {"next": 1}])
def test_what_is_to_come_of_a_deleted_job_is_nothing(scene: Scene, query: dict[str, Any]) -> None:
    scene.job()
    scene.delete(NOON + 1000, "bob")
    assert "deleted at 2023-11-15 12:00:01 UTC by bob" in scene.first("deleted", **query)


def test_what_a_job_was_before_its_oldest_known_change_is_not_known(scene: Scene) -> None:
    scene.job()
    for number in range(30):
        scene.edit(NOON - HOUR + number, "ann", description=str(number))
    scene.settled(NOON)
    said = scene.ask(at="2023-11-15T05:00")["answer"][-1]
    assert said.startswith("What the job was before 2023-11-15 11:00:00 UTC is not known any more")
