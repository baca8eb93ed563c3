"""The waiting table: what calls a waiting run off."""

from dataclasses import replace

import pytest

from common.owed import WAITING
from common.record import NOT_STARTED
from tests.unit.queueing import CREATED, REVISION, Desk, T
from worker.events import KillAsked
from worker.kills import KEPT_SECONDS
from worker.waits import Unturned, Waits


@pytest.fixture
def desk() -> Desk:
    """A desk with a job that queues."""
    return Desk()


def test_a_kill_means_what_waited_when_it_was_asked_for(desk: Desk) -> None:
    claim = desk.wait()
    desk.waiting.kill(KillAsked("a", CREATED))
    desk.waiting.kill(KillAsked("a", CREATED + 1, "a@7"))
    assert desk.ended() == []
    desk.waiting.kill(KillAsked("a", CREATED + 1))
    ((run_id, outcome, reason),) = desk.ended()
    assert (run_id, outcome) == (claim.run_id, NOT_STARTED)
    assert "killed on request" in reason
    assert desk.turns() == []


def test_a_kill_that_was_heard_before_the_run_waited_means_it_too(desk: Desk) -> None:
    desk.kills.add(KillAsked("a", CREATED + 1))
    claim = desk.wait()
    assert [run_id for run_id, _, _ in desk.ended()] == [claim.run_id]


def test_what_is_called_off_while_it_tries_its_turn_is_ended_when_that_is_answered(
    desk: Desk,
) -> None:
    desk.wait()
    (turn,) = desk.turns()
    desk.waiting.kill(KillAsked("a", CREATED + 1))
    assert desk.ended() == []
    desk.waiting.unturned(Unturned(turn.claim))
    assert len(desk.ended()) == 1


def test_a_deletion_and_a_pause_call_off_what_waits(desk: Desk) -> None:
    desk.wait()
    desk.waiting.gone("a", deleted=True)
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]
    desk.wait(at=T + 1000)
    desk.asked.clear()
    desk.save(6, paused=True, paused_by="ada")
    assert [reason for _, _, reason in desk.ended()] == ["the job was paused by ada"]


def test_a_retry_of_a_job_that_is_paused_already_is_called_off_before_its_delay(desk: Desk) -> None:
    desk.save(6, paused=True, paused_by="ada")
    desk.wait(delay_ms=3_600_000, attempt=1, manual="0badcafe", by="ada")
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["the job was paused by ada"]


def test_what_was_asked_for_by_hand_is_not_called_off_by_a_pause(desk: Desk) -> None:
    desk.wait(manual="0badcafe", by="ada")
    desk.save(6, paused=True)
    assert len(desk.turns()) == 1


def test_a_job_that_was_made_anew_is_another(desk: Desk) -> None:
    desk.wait()
    desk.jobs["a"] = replace(desk.jobs["a"], revision=30, created=30)
    assert desk.turns() == []
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]


def test_what_was_called_off_is_not_found_again_as_it_was(desk: Desk) -> None:
    claim = desk.wait()
    desk.waiting.gone("a", deleted=True)
    owed = replace(claim.owed(), state=WAITING)
    desk.waiting.add(Waits(claim, owed, REVISION, CREATED))
    assert claim.run_id not in desk.waiting


def test_what_waits_of_a_job_that_cannot_be_read_says_so(desk: Desk) -> None:
    desk.wait()
    desk.waiting.gone("a", deleted=False)
    assert [reason for _, _, reason in desk.ended()] == ["the job cannot run"]


def test_kills_of_jobs_that_are_never_killed_again_are_not_kept_for_ever(desk: Desk) -> None:
    for number in range(5):
        desk.kills.add(KillAsked(f"job-{number}", 30))
        desk.clock.turn(KEPT_SECONDS / 2)
    assert len(desk.kills) == 2
    assert desk.kills.reason("job-4", "job-4@1", 29)
