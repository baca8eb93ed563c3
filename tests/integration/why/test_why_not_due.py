"""Why, of instants that left nothing since nothing was due: never, not then, or not any more."""

import pytest

from common import keys
from common.errors import InvalidField
from common.instants import instant
from common.store import delete, put
from common.watermark import LATEST_MS
from tests.integration.mastering import NOON
from tests.integration.why.scene import MINUTE, Scene


def test_an_instant_that_is_no_due_one_names_the_nearest_that_are(scene: Scene) -> None:
    scene.job()
    found = scene.ask(at="2023-11-15T11:20")
    assert found["cause"] == "never_due"
    assert found["answer"] == [
        "It is not due at 2023-11-15 11:20:00 UTC: its schedule is every hour.",
        "It is due at 2023-11-15 11:00:00 UTC and next at 2023-11-15 12:00:00 UTC.",
    ]


def test_an_instant_between_seconds_is_told_with_its_milliseconds(scene: Scene) -> None:
    scene.job(cronExpr="* * * * * * *")
    said = scene.first("never_due", at=NOON + 250)
    assert said.startswith("It is not due at 2023-11-15 12:00:00 UTC and 250 ms:")


def test_times_are_read_and_told_in_the_jobs_zone(scene: Scene) -> None:
    scene.job(timezone="Europe/Berlin")
    found = scene.ask(at="2023-11-15T11:20")
    assert "2023-11-15 11:20:00 +01:00 Europe/Berlin" in found["answer"][0]
    assert found["planTime"] == NOON - 100 * MINUTE
    assert found["zone"] == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_an_instant_can_be_asked_for_as_it_is_told(scene: Scene, zone: str) -> None:
    scene.job(timezone=zone)
    for told in (instant(NOON, zone), f" {instant(NOON, 'Asia/Tokyo')} ", f" {NOON} "):
        assert scene.ask(at=told)["planTime"] == NOON
    with pytest.raises(InvalidField):
        scene.ask(at="2023-11-15 12:00:00 Europe/Paris")


def test_a_job_that_is_not_there_is_told_with_the_names_most_like_it(scene: Scene) -> None:
    scene.job()
    scene.edits.save({"name": "backup-db", "command": "true", "cronExpr": "@daily"})
    found = scene.ask(name="backup_db")
    assert found["cause"] == "no_such_job"
    assert found["answer"] == ["There is no job named 'backup_db'.", "Did you mean backup-db?"]


def test_a_job_whose_value_is_none_is_told_so(scene: Scene) -> None:
    put(scene.store, keys.job("a"), b'{"name": "a", "command": "true"}')
    assert scene.first("invalid").startswith("The job cannot run: what is stored of it is invalid")
    put(scene.store, keys.job("a"), b'{"name": "a", "command": "true", "cronExpr": "61 * * * *"}')
    assert "minute" in scene.first("invalid", at=NOON)
    assert "minute" in scene.first("invalid", next=1)


def test_an_expression_that_is_over_says_when_it_was_last_due(scene: Scene) -> None:
    value = b'{"name": "a", "command": "true", "cronExpr": "0 12 1 1 * 2020"}'
    put(scene.store, keys.job("a"), value)
    said = scene.first("over", next=1)
    assert said == "It is not due any more: its last due instant was 2020-01-01 12:00:00 UTC."


def test_a_job_that_was_never_due_yet_says_when_it_is(scene: Scene) -> None:
    value = b'{"name": "a", "command": "true", "cronExpr": "0 12 1 1 * 2090"}'
    put(scene.store, keys.job("a"), value)
    assert "the first time is 2090-01-01 12:00:00 UTC" in scene.first("not_due_yet")
    value = b'{"name": "a", "command": "true", "cronExpr": "0 12 31 2 *"}'
    put(scene.store, keys.job("a"), value)
    assert scene.first("never", next=1).startswith("It is never due")


def test_of_the_far_past_it_says_that_nothing_is_known(scene: Scene) -> None:
    scene.job()
    delete(scene.store, keys.changes("a"))
    scene.settled(NOON)
    found = scene.ask(at="2001-01-01T00:00")
    assert found["cause"] == "no_record"
    assert found["answer"][0] == (
        "Nothing is known of it: it is settled, but the log has no record of it."
    )


def test_an_instant_at_which_all_shares_rested_is_not_said_to_be_removed(scene: Scene) -> None:
    scene.job(hosts="all")
    scene.worker()
    scene.settled(NOON + 1000, "a#10.0.0.1")
    found = scene.ask()
    assert found["cause"] == "no_record"
    assert found["answer"][0] == (
        "Nothing is known of it: no worker owed it, or the log has its records no more."
    )
    assert "while it is drained" in found["answer"][1]


def test_a_watermark_that_lies_ahead_is_told_of_what_is_to_come(scene: Scene) -> None:
    scene.job()
    scene.worker()
    scene.settled(LATEST_MS)
    assert "watermark lies ahead" in scene.first("watermark_ahead", next=1)


@pytest.mark.parametrize("at", [1_700_049_600, 170_004_960])
def test_a_number_that_looks_like_seconds_is_answered_with_a_hint(scene: Scene, at: int) -> None:
    scene.job()
    found = scene.ask(at=at)
    assert "was it meant as seconds" in found["answer"][-1]
