"""Which ends are followed by a further attempt, and after how long."""

import pytest

from common.job import Job
from common.record import COULD_NOT_START, FAILED, KILLED, LOST, NOT_STARTED, TIMEOUT, UNKNOWN
from worker.claim import Claim
from worker.retrying import delay_ms, rerun_ms, rerun_of, retry_of

JOB = Job("a", "true", "* * * * *", retries=2, retry_delay_seconds=10, retry_backoff=2)
CLAIM = Claim("a", 5, "true", 1, 1000, "me", 7, True, None)


@pytest.mark.parametrize("outcome", [FAILED, TIMEOUT, COULD_NOT_START])
def test_a_failure_is_tried_again_as_often_as_the_job_says(outcome: str) -> None:
    first = retry_of(CLAIM, JOB, outcome)
    assert first
    assert (first.run_id, first.owed.attempt, first.owed.delay_ms) == ("a@1000+1", 1, 10_000)
    assert first.owed.reason == "retry 1 of 2 after a@1000, in 10 s"
    last = Claim("a", 5, "true", 1, 1000, "me", 7, True, None, attempt=2)
    assert retry_of(last, JOB, outcome) is None


@pytest.mark.parametrize("outcome", [KILLED, NOT_STARTED, "success", LOST, UNKNOWN])
def test_nothing_else_is_tried_again(outcome: str) -> None:
    assert retry_of(CLAIM, JOB, outcome) is None


def test_a_retry_of_a_manual_run_names_it() -> None:
    claim = Claim("a", 5, "true", 1, 1000, "me", 7, True, None, share="1", manual="0badcafe")
    retry = retry_of(claim, JOB, FAILED)
    assert retry
    assert retry.run_id == "a#1@1000!0badcafe+1"


def test_delays_grow_up_to_the_longest_and_vary_by_the_jitter() -> None:
    assert [delay_ms(JOB, n) for n in (1, 2, 3)] == [10_000, 20_000, 40_000]
    assert delay_ms(JOB, 5_000) == 3_600_000
    job = Job("a", "", "", retry_delay_seconds=1, retry_jitter_seconds=2)
    found = {delay_ms(job, 1) for _ in range(200)}
    assert 1000 <= min(found) < max(found) <= 3000


@pytest.mark.parametrize(("retries", "attempts"), [(0, 3), (2, 3), (5, 5)])
def test_a_lost_run_is_run_again_at_least_three_times_where_the_job_asks(
    retries: int, attempts: int
) -> None:
    job = Job("a", "", "", retries=retries, rerun_lost=True)
    again = [rerun_ms(job, attempt) is not None for attempt in range(7)]
    assert again == [True] * attempts + [False] * (7 - attempts)
    assert rerun_ms(JOB, 0) is None


@pytest.mark.parametrize("outcome", [LOST, UNKNOWN])
def test_a_lost_run_is_followed_by_what_its_key_says(outcome: str) -> None:
    claim = Claim("a", 5, "true", 1, 1000, "me", 7, True, None, rerun_ms=500)
    retry = retry_of(claim, JOB, outcome)
    assert retry == rerun_of("a", "a@1000", claim.owed())
    assert retry
    assert retry.owed.reason == "retry 1 after a@1000, in 0.5 s"
    assert (retry.owed.delay_ms, retry.owed.rerun_ms, retry.owed.trigger) == (500, None, "retry")
