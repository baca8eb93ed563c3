"""Why, of local times that daylight saving skips or shows twice."""

import pytest

from tests.integration.why.scene import HOUR, Scene

BERLIN = {"timezone": "Europe/Berlin"}


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
