"""Why, of instants that were missed: alone or in a gap, by whose edit, and who may run it now."""

from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, ME, Scene


def test_an_instant_in_a_gap_is_told_with_all_of_the_gap(scene: Scene) -> None:
    scene.job()
    scene.gap(NOON - 4 * HOUR, NOON - 2 * HOUR, 3, "no worker took it before its start deadline")
    for at in range(NOON - 4 * HOUR, NOON - HOUR, HOUR):
        assert scene.first("missed_late_gap", at=at) == (
            "It was missed with the 3 due instants from 2023-11-15 08:00:00 UTC to"
            " 2023-11-15 10:00:00 UTC: no worker took it before its start deadline."
        )
    assert scene.ask(at=NOON - HOUR)["cause"] == "success"


def test_an_instant_in_a_gap_that_is_still_owed_is_told_from_the_key(scene: Scene) -> None:
    scene.job()
    scene.delete(NOON - HOUR + 1, "bob")
    found = scene.ask(at=NOON - 3 * HOUR)
    assert found["cause"] == "missed_deleted_gap"
    assert "5 due instants" not in found["answer"][0]
    assert "the job was deleted before this instant was started" in found["answer"][0]
    assert "The job was deleted at 2023-11-15 11:00:00 UTC by bob." in found["answer"]
    assert any("not in the log store yet" in each for each in found["answer"])


def test_an_instant_that_an_edit_swallowed_names_who_edited(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON - HOUR)
    scene.edit(NOON + 20_000, "bob", cronExpr="30 * * * *")
    found = scene.ask(at=NOON)
    assert found["cause"] == "missed_changed"
    assert found["answer"][0].startswith("It was missed: the job was changed before")
    assert "by bob (cronExpr)" in found["answer"][1]


def test_what_no_worker_was_there_for_says_which_term_fails_where_still(scene: Scene) -> None:
    scene.job(where=["role=db"])
    scene.worker()
    scene.record("missed", reason="no_worker")
    found = scene.ask()
    assert found["cause"] == "no_worker"
    assert found["answer"][0] == (
        "It was missed: no worker that may run it was there before its start deadline;"
        " nor is there now: no registered worker matches what the job asks for (role=db)."
    )
    assert found["answer"][1] == f"{ME} (host host-{ME}) fails role=db."


def test_what_no_worker_was_there_for_says_which_may_run_it_now(scene: Scene) -> None:
    scene.job()
    scene.worker()
    scene.record("missed", reason="no_slot")
    assert scene.ask()["answer"][1] == f"Now there are such: {ME}."


def test_what_was_missed_while_all_were_drained_says_by_whom_also_when_they_are_back(
    scene: Scene,
) -> None:
    scene.job()
    scene.worker()
    said = f"all that may run it took no runs: {ME} drained by ann (new disks)"
    scene.record("missed", reason="no_worker", err=said)
    found = scene.ask()
    assert found["cause"] == "no_worker"
    assert found["answer"][:2] == [f"It was missed: {said}.", f"Now there are such: {ME}."]
