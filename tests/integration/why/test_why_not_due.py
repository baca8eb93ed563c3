"""Why, of instants that left nothing since nothing was due: never, not then, or not any more."""

from typing import Any

import pytest

from common import keys
from common.errors import InvalidField
from common.instants import instant
from common.store import delete, put
from common.watermark import LATEST_MS
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, MINUTE, Scene

FAR = "2099-01-01T00:00"
BERLIN = {"timezone": "Europe/Berlin"}


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
    scene.job(**BERLIN)
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


def test_a_local_time_that_is_skipped_is_due_at_the_end_of_the_gap(scene: Scene) -> None:
    scene.job(cronExpr="30 2 * * *", **BERLIN)
    assert scene.first("dst_skipped", at="2024-03-31 02:30") == (
        "2024-03-31 02:30:00 is skipped by daylight saving in Europe/Berlin:"
        " the job is due at 2024-03-31 03:00:00 +02:00 Europe/Berlin instead."
    )


@pytest.mark.parametrize(("expr", "text"), [("30 2 * * *", "02:59"), ("0 3 * * *", "02:30")])
def test_a_skipped_time_at_which_the_job_was_not_to_run_is_not_put_off(
    scene: Scene, expr: str, text: str
) -> None:
    scene.job(cronExpr=expr, **BERLIN)
    query = {"at": f"2024-03-31 {text}"}
    assert scene.first("dst_skipped", **query).endswith("and nothing is due for it.")
    nearest = "and next at 2024-03-31 03:00:00 +02:00 Europe/Berlin."
    assert scene.ask(**query)["answer"][-1].endswith(nearest)
    scene.clock.ms += 365 * 24 * HOUR
    scene.record("success", at=scene.ask(at="2024-03-31T03:00")["planTime"])
    found = scene.ask(**query)
    assert found["answer"][0].endswith("and nothing is due for it.")
    assert found["runIds"] == []


def test_what_became_of_a_skipped_time_is_told_behind_that(scene: Scene) -> None:
    scene.job(cronExpr="30 2 * * *", **BERLIN)
    scene.clock.ms += 365 * 24 * HOUR
    at = scene.ask(at="2024-03-31T03:00")["planTime"]
    scene.record("failed", at=at, err="exit status 4")
    found = scene.ask(at="2024-03-31T02:30")
    assert found["cause"] == "dst_skipped"
    assert any("exit status 4" in each for each in found["answer"][1:])


def test_nothing_is_due_for_a_skipped_time_of_a_wildcard_job(scene: Scene) -> None:
    scene.job(cronExpr="30 * * * *", **BERLIN)
    said = scene.first("dst_skipped", at="2024-03-31 02:30")
    assert said.endswith(
        "is skipped by daylight saving in Europe/Berlin, and nothing is due for it."
    )


def test_the_second_pass_of_a_local_time_is_not_due_for_fixed_times(scene: Scene) -> None:
    scene.job(cronExpr="30 2 * * *", **BERLIN)
    said = scene.first("dst_doubled", at="2024-10-27T02:30:00+01:00")
    assert said == (
        "The clock of Europe/Berlin shows that time twice, and the job is due the first time"
        " only, at 2024-10-27 02:30:00 +02:00 Europe/Berlin."
    )


def test_a_local_time_that_comes_twice_means_the_first_and_says_so(scene: Scene) -> None:
    scene.job(cronExpr="30 2 * * *", **BERLIN)
    scene.worker()
    found = scene.ask(at="2024-10-27 02:30")
    assert found["cause"] == "will_run"
    assert "02:30:00 +02:00" in found["answer"][0]
    assert "comes twice in Europe/Berlin" in " ".join(found["answer"])


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


WHEN: list[dict[str, Any]] = [{"at": FAR}, {"next": 1}]


@pytest.mark.parametrize("query", WHEN)
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
