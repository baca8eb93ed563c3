"""Why, of instants that have ended: each cause is named by the first sentence."""

from typing import Any

import pytest

from common import keys
from common.changes import DELETED
from common.log_store import LogBatch
from common.owed import Gap, Owed
from common.owed_record import owed_records
from common.store import delete, put
from common.trigger import Trigger
from common.trigger import pack as pack_trigger
from tests.integration.mastering import NOON
from tests.integration.why.scene import HOUR, INCARNATION, ME, Scene

ENDED: list[tuple[str, dict[str, Any], str, str]] = [
    ("success", {}, "success", f"It ran on {ME}: success."),
    (
        "failed",
        {"err": "exit status 3"},
        "failed",
        f"It ran on {ME} and failed: exit status 3.",
    ),
    (
        "timeout",
        {"err": "timed out after 5 s"},
        "timeout",
        f"It ran on {ME} and was ended by its time limit: timed out after 5 s.",
    ),
    (
        "killed",
        {"err": "signal: killed", "reason": "killed on request by ann, this run"},
        "killed",
        f"It ran on {ME} and was killed: killed on request by ann, this run.",
    ),
    (
        "could_not_start",
        {"err": "could not start: /bin/zsh: No such file or directory"},
        "could_not_start",
        f"It could not be started on {ME}: /bin/zsh: No such file or directory.",
    ),
    (
        "lost",
        {"err": "lost: its worker was gone", "worker": ""},
        "lost",
        "It was lost: its worker was gone.",
    ),
    (
        "unknown",
        {"err": "unknown: the worker was killed before it was handed out"},
        "unknown",
        "Nobody knows whether it ran: the worker was killed before it was handed out.",
    ),
    (
        "skipped_overlap",
        {"reason": "a@1 was still running", "err": "a@1 was still running"},
        "skipped_overlap",
        "It was skipped, since an earlier run overlapped: a@1 was still running.",
    ),
    (
        "ran_elsewhere",
        {"err": "another system's worker held the job's lock"},
        "ran_elsewhere",
        "It was left to the Go system: another system's worker held the job's lock.",
    ),
    (
        "missed",
        {"reason": "no_slot"},
        "no_slot",
        "It was missed: no worker had room before its start deadline; nor is there now: no worker"
        " is registered: the whole fleet is stopped or cut off from the store.",
    ),
    (
        "missed",
        {"reason": "no_worker"},
        "no_worker",
        "It was missed: no worker that may run it was there before its start deadline; nor is there"
        " now: no worker is registered: the whole fleet is stopped or cut off from the store.",
    ),
    (
        "missed",
        {"reason": "no worker took it before its start deadline"},
        "missed_late",
        "It was missed: no worker took it before its start deadline.",
    ),
    (
        "not_started",
        {"reason": "the job was deleted"},
        "not_started_deleted",
        f"It was claimed by {ME} but not started: the job was deleted.",
    ),
    (
        "not_started",
        {"reason": "the job was paused"},
        "not_started_paused",
        f"It was claimed by {ME} but not started: the job was paused.",
    ),
    (
        "not_started",
        {"reason": "killed on request, all runs of the job"},
        "killed_before_start",
        f"It was claimed by {ME} but not started: killed on request, all runs of the job.",
    ),
    (
        "not_started",
        {"reason": "the worker's lease could not be relied on any more"},
        "not_started_lease",
        f"It was claimed by {ME} but not started: the worker's lease could not be relied on any"
        " more.",
    ),
    (
        "not_started",
        {"reason": "its start deadline had passed"},
        "not_started_deadline",
        f"It was claimed by {ME} but not started: its start deadline had passed.",
    ),
]


@pytest.mark.parametrize(("outcome", "fields", "cause", "said"), ENDED)
def test_a_record_is_told_by_its_outcome(
    scene: Scene, outcome: str, fields: dict[str, Any], cause: str, said: str
) -> None:
    scene.job()
    scene.record(outcome, **fields)
    assert scene.first(cause) == said
    assert scene.ask()["records"] == [f"a@{NOON}"]
    assert scene.ask()["planTime"] == NOON


def test_a_run_of_the_go_system_is_told_by_its_error_alone(scene: Scene) -> None:
    scene.job()
    scene.record("", worker="", trigger="", err="exit status 1")
    assert scene.first("failed") == "It ran and failed: exit status 1."


def test_a_run_that_was_caught_up_says_how_late_it_was(scene: Scene) -> None:
    scene.job()
    late = NOON + 17 * 60_000
    scene.record("success", trigger="catch-up", start_time=late, end_time=late + 2000)
    said = scene.first("caught_up", at=NOON)
    assert said == f"It was caught up on {ME}: it ran with success, 0:17:00 after its time."


def test_a_replaced_run_names_what_replaced_it(scene: Scene) -> None:
    scene.job(overlap="replace")
    asked = f"killed on request of a@{NOON + HOUR}, this run"
    scene.record("killed", end_time=NOON + HOUR + 1200, reason=asked, err="signal: terminated")
    assert scene.first("replaced") == (
        f"It ran on {ME} and was replaced by a@{NOON + HOUR} (overlap replace)."
    )


@pytest.mark.parametrize("asker", [" of ann", ""])
def test_a_run_that_somebody_killed_near_a_later_instant_was_not_replaced(
    scene: Scene, asker: str
) -> None:
    scene.job(overlap="replace")
    asked = f"killed on request{asker}, this run"
    scene.record("killed", end_time=NOON + HOUR + 1200, reason=asked, err="signal: terminated")
    assert scene.first("killed").endswith(f"was killed: {asked}.")


def test_a_retried_run_tells_each_attempt(scene: Scene) -> None:
    scene.job(retries=2)
    for attempt in (0, 1):
        run_id = f"a@{NOON}" + (f"+{attempt}" if attempt else "")
        scene.record("failed", run_id=run_id, attempt=attempt, err="exit status 3")
    scene.record("success", run_id=f"a@{NOON}+2", attempt=2)
    found = scene.ask()
    assert found["cause"] == "retried"
    first = f"It ran on {ME}: attempt 3 succeeded, after 2 attempts that did not."
    assert found["answer"][0] == first
    assert [f"a@{NOON}", f"a@{NOON}+1", f"a@{NOON}+2"] == found["runIds"] == found["records"]
    assert f"Attempt 1 on {ME} ended as failed (exit status 3)" in " ".join(found["answer"])


def test_a_lost_run_that_was_run_again_tells_both(scene: Scene) -> None:
    scene.job(rerunLost=True)
    scene.record("lost", worker="", err="lost: its worker was gone", lost=True)
    scene.record("success", run_id=f"a@{NOON}+1", attempt=1)
    assert "attempt 2 succeeded" in scene.first("retried")
    assert any("Attempt 1 ended as lost" in each for each in scene.ask()["answer"])


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


def test_a_mark_of_a_lost_worker_is_said_beside_the_outcome(scene: Scene) -> None:
    scene.job()
    scene.record("success", lost=True)
    assert "Its worker was cut off meanwhile" in " ".join(scene.ask()["answer"])


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


def test_what_a_deleted_job_left_is_told_all_the_same(scene: Scene) -> None:
    scene.job()
    scene.settled(NOON)
    scene.record("failed", err="exit status 9")
    scene.delete(NOON + 5000, "bob")
    assert scene.first("failed", at=NOON) == f"It ran on {ME} and failed: exit status 9."
    assert scene.first("deleted") == (
        "There is no such job: it was deleted at 2023-11-15 12:00:05 UTC by bob."
    )
    assert DELETED in scene.first("deleted", at=NOON + HOUR)


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


def test_a_retry_that_waits_says_which_attempt_and_until_when(scene: Scene) -> None:
    scene.job(retries=3)
    scene.record("failed", err="exit status 3")
    scene.owed(NOON, f"a@{NOON}+1", "waiting", attempt=1, delay_ms=60_000, trigger="retry")
    assert scene.first("retry_waits") == (
        "It ended as failed (exit status 3), and attempt 2 waits 0:01:00:"
        " until about 2023-11-15 12:01:04 UTC."
    )


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


def test_an_instant_that_the_go_system_ran_twice_is_told_once(scene: Scene) -> None:
    scene.job()
    for run_id in ("6553f1a0c1d2e3f4a5b6c7d8", "6553f1a0c1d2e3f4a5b6c7d9"):
        scene.record("", worker="", trigger="", run_id=run_id)
    found = scene.ask()
    assert found["answer"][0] == "It ran: success."
    assert found["answer"][-1].startswith("It has 2 records: workers of the Go system may run")


def test_a_retry_whose_delay_is_over_waits_for_what_holds_the_job(scene: Scene) -> None:
    scene.job(retries=3, overlap="queue")
    scene.record("failed", err="exit status 3")
    scene.owed(NOON, f"a@{NOON}+1", "waiting", attempt=1, delay_ms=1000, trigger="retry")
    assert scene.first("retry_waits").endswith("attempt 2 waits for its turn.")
    scene.locked(scene.owed(NOON + 5000, state="running"))
    assert f"waits for a@{NOON + 5000}, which still runs." in scene.first("retry_waits", at=NOON)


def test_a_run_whose_worker_is_gone_is_lost_before_that_is_recorded(scene: Scene) -> None:
    scene.job(overlap="queue")
    scene.owed(NOON)
    scene.owed(NOON - HOUR, state="waiting")
    delete(scene.store, keys.alive(INCARNATION))
    assert scene.first("lost") == f"It is lost: it was running on {ME}, whose lease has ended."
    waits = scene.ask(at=NOON - HOUR)
    assert waits["cause"] == "waiting"
    assert "another worker takes it over" in waits["answer"][1]


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
