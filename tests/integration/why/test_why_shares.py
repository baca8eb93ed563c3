"""Why, of jobs on several hosts: their shares are counted, and what did not run comes first."""

from typing import Any

from common.log_store import LogBatch
from common.owed import Gap, Owed
from common.owed_record import owed_records
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, INCARNATION, ME, Scene


def test_shares_are_counted_first_and_what_did_not_run_comes_before_what_did(
    scene: Scene,
) -> None:
    scene.job(hosts="all")
    for share in ("10.0.0.1", "10.0.0.2"):
        scene.record("success", run_id=f"a#{share}@{NOON}", worker=share)
    scene.record("missed", run_id=f"a#10.0.0.3@{NOON}", reason="no_slot")
    found = scene.ask()
    assert found["cause"] == "shares"
    assert found["answer"][0] == "It has 3 shares: 2 success, 1 no_slot."
    assert found["answer"][1].startswith("Share 10.0.0.3: It was missed: no worker had room")


def test_a_share_for_which_there_were_too_few_workers_says_so(scene: Scene) -> None:
    scene.job(hosts=2)
    scene.worker()
    scene.record("success", run_id=f"a#0@{NOON}", worker=ME)
    few = "only 1 of 2 workers that it is to run on were there"
    scene.record("missed", run_id=f"a#1@{NOON}", reason="no_worker", err=few)
    assert f"Share 1: It was missed: {few}." in scene.ask()["answer"]


def test_gaps_of_two_shares_are_told_apart(scene: Scene) -> None:
    scene.job(hosts=2)
    first, last = NOON - 3 * HOUR, NOON - HOUR
    for share in ("0", "1"):
        gap = Gap(first, last, 3, "no worker took it before its start deadline")
        scene.owed(NOON, f"a#{share}@{NOON}", "ended", outcome="success", gap=gap)
    found = scene.ask(at=NOON - 2 * HOUR)
    assert found["runIds"] == [f"a#{share}@{first}~{last}" for share in ("0", "1")]
    assert found["answer"][0] == "It has 2 shares: 2 missed_late_gap."
    for share in ("0", "1"):
        owed = Owed("ended", INCARNATION, NOON, 0, 1, outcome="success", gap=gap)
        scene.logs.write(LogBatch(tuple(owed_records("a", f"a#{share}@{NOON}", owed))))
    assert scene.ask(at=NOON - 2 * HOUR)["records"] == found["runIds"]


def test_shares_that_still_owe_the_instant_are_named(scene: Scene) -> None:
    scene.job(hosts=3)
    scene.settled(NOON, "a#0")
    scene.settled(NOON - HOUR, "a#1")
    scene.settled(NOON - HOUR, "a#2")
    scene.settled(NOON - HOUR, "a#7")
    scene.record("success", run_id=f"a#0@{NOON}")
    said = scene.ask()["answer"]
    assert said[0] == f"It ran on {ME}: success."
    assert "Nothing has settled it yet for the shares 1, 2." in said


def test_shares_that_have_just_ended_are_told_with_their_workers(scene: Scene) -> None:
    scene.job(hosts=2)
    for share, outcome in enumerate(("success", "failed")):
        times: dict[str, Any] = {
            "start_time": NOON + 10,
            "end_time": NOON + 20,
            "err": "exit status 3" * share,
        }
        scene.owed(run_id=f"a#{share}@{NOON}", state="ended", outcome=outcome, **times)
    said = scene.ask()["answer"]
    assert f"Share 0: It ran on {ME}: success." in said
    assert f"Share 1: It ran on {ME} and failed: exit status 3." in said
