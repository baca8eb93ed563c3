"""The waiting table: retries, which wait for their delay first."""

import pytest

from tests.unit.queueing import Desk, T
from worker.waits import Unturned


@pytest.fixture
def desk() -> Desk:
    """A desk with a job that queues."""
    return Desk()


def test_a_retry_waits_for_its_delay_by_a_clock_that_no_step_moves(desk: Desk) -> None:
    claim = desk.wait(delay_ms=10_000, attempt=1)
    desk.clock.now_ms += 3_600_000
    desk.waiting.freed(["a"])
    assert desk.turns() == []
    desk.clock.turn(10)
    (turn,) = desk.turns()
    assert turn.claim.run_id == claim.run_id == f"a@{T}+1"


def test_a_delay_goes_on_where_it_was_begun(desk: Desk) -> None:
    desk.wait(delay_ms=10_000, attempt=1)
    desk.whose = desk.others = "other"
    assert desk.turns(room=0) == []
    desk.waiting.pass_on()
    assert desk.asked == []


def test_a_retry_of_a_job_that_is_gone_is_called_off_before_its_delay_is_over(desk: Desk) -> None:
    del desk.jobs["a"]
    desk.wait(delay_ms=3_600_000, attempt=1)
    (turn,) = desk.turns()
    assert turn.claim.job_revision == -1, "a revision that no job has"
    desk.waiting.unturned(Unturned(turn.claim, deleted=True))
    assert [reason for _, _, reason in desk.ended()] == ["the job was deleted"]


def test_a_retry_whose_job_is_listed_late_waits_for_the_rest_of_its_delay(desk: Desk) -> None:
    job = desk.jobs.pop("a")
    desk.wait(delay_ms=100_000, attempt=1)
    (turn,) = desk.turns()
    desk.jobs["a"] = job
    desk.waiting.freed(["a"])
    desk.waiting.unturned(Unturned(turn.claim))
    desk.waiting.freed(["a"])
    desk.clock.turn(99)
    assert desk.turns() == []
    desk.clock.turn(1)
    assert len(desk.turns()) == 1
