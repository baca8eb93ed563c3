"""Runs of a job that is paused before they start: which start all the same."""

from dataclasses import replace

import pytest

from common.job import Job
from common.record import NOT_STARTED
from tests.planned import planned
from tests.unit.running import Desk as RunsDesk
from tests.unit.scheduling import EVERY_SECOND, Desk, T
from worker.claim import Claim
from worker.events import JobSaved, Won
from worker.orders import Started
from worker.planned import Planned
from worker.resting import why_resting

CLAIM = Claim("a", 3, "true", T - 1, T, "me", 7, True, None)
BY_ANN = "the job was paused by ann"


def paused(until: int | None = None) -> Planned:
    """The job as Ann paused it."""
    job = Job("a", "true", EVERY_SECOND, paused=True, paused_until=until, paused_by="ann")
    return planned(job, 6)


@pytest.mark.parametrize(
    ("until", "claim", "why"),
    [
        (None, CLAIM, BY_ANN),
        (T + 60_000, CLAIM, BY_ANN),
        (T + 60_000, replace(CLAIM, attempt=1), BY_ANN),
        (T, CLAIM, ""),
        (T - 60_000, replace(CLAIM, attempt=1), ""),
        (None, replace(CLAIM, manual="1f"), ""),
        (None, replace(CLAIM, manual="1f", attempt=1), BY_ANN),
    ],
)
def test_what_may_start_of_a_paused_job(until: int | None, claim: Claim, why: str) -> None:
    assert why_resting(claim, paused(until).terms, T - 300) == why


def test_a_retry_whose_instant_lies_before_a_pause_that_is_over_starts() -> None:
    assert why_resting(replace(CLAIM, attempt=1), paused(T + 10).terms, T + 20) == ""


def test_a_run_that_was_handed_out_ahead_does_not_start_once_its_job_is_paused() -> None:
    desk = RunsDesk()
    run_id = desk.start()
    desk.runs.saved([paused()])
    assert desk.crew.called_off == [(run_id, BY_ANN)]


def test_a_run_that_has_started_goes_on_when_its_job_is_paused() -> None:
    desk = RunsDesk()
    desk.runs.started(Started(desk.start(), 99, T))
    desk.runs.saved([paused()])
    assert desk.crew.called_off == []


def test_a_claim_whose_job_was_paused_before_its_answer_came_is_not_started() -> None:
    desk = Desk()
    desk.hear(JobSaved(paused()), Won(desk.claimed().claim, 9))
    assert desk.crew.orders == []
    ((record,),) = (filing.records for filing in desk.filed)
    assert (record.outcome, record.reason) == (NOT_STARTED, BY_ANN)
