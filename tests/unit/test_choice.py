"""Which due instant is settled next, and what is passed over on the way."""

from common.schedule import parse_schedule
from worker.choice import AHEAD_MS, TOO_LATE, choose

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOON = 1_800_014_400_000
"""2027-01-15 12:00:00 UTC."""
DEADLINE = 60 * SECOND


def test_the_instant_after_the_watermark_is_the_next() -> None:
    every_minute = parse_schedule("* * * * *")
    choice = choose(every_minute, NOON, NOON + 1, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.gap, choice.missed) == (NOON + MINUTE, None, "")


def test_owed_instants_within_the_start_deadline_are_taken_oldest_first() -> None:
    every_second = parse_schedule("* * * * * * *")
    choice = choose(every_second, NOON, NOON + 30 * SECOND, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.gap) == (NOON + SECOND, None)


def test_an_instant_exactly_at_the_start_deadline_is_still_run() -> None:
    hourly = parse_schedule("0 * * * *")
    choice = choose(hourly, NOON - 1, NOON + DEADLINE, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.missed) == (NOON, "")


def test_what_is_older_than_the_start_deadline_is_a_gap_before_the_next() -> None:
    every_second = parse_schedule("* * * * * * *")
    now = NOON + 100 * SECOND
    choice = choose(every_second, NOON, now, DEADLINE)
    assert choice is not None
    assert choice.plan_time == now - DEADLINE
    assert choice.gap is not None
    assert (choice.gap.first, choice.gap.last) == (NOON + SECOND, choice.plan_time - SECOND)
    assert choice.gap.count == 39


def test_missed_instants_of_a_rare_job_are_settled_at_once_and_not_with_the_next() -> None:
    daily = parse_schedule("0 12 * * *")
    choice = choose(daily, NOON - 3 * DAY - 1, NOON + HOUR, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.missed) == (NOON, TOO_LATE)
    assert choice.gap is not None
    assert (choice.gap.first, choice.gap.last, choice.gap.count) == (
        NOON - 3 * DAY,
        NOON - DAY,
        3,
    )


def test_the_next_instant_carries_the_gap_when_it_is_about_to_come() -> None:
    daily = parse_schedule("0 12 * * *")
    choice = choose(daily, NOON - DAY - 1, NOON - AHEAD_MS, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.missed) == (NOON, "")
    assert choice.gap is not None
    assert choice.gap.count == 1


def test_a_job_that_is_never_due_again_has_nothing_to_be_settled() -> None:
    once = parse_schedule("0 0 12 15 1 * 2027")
    assert choose(once, NOON, NOON + 1, DEADLINE) is None


def test_the_last_instant_of_all_is_settled_as_missed_when_it_is_too_late() -> None:
    once = parse_schedule("0 0 12 15 1 * 2027")
    choice = choose(once, NOON - DAY, NOON + HOUR, DEADLINE)
    assert choice is not None
    assert (choice.plan_time, choice.gap, choice.missed) == (NOON, None, TOO_LATE)


def test_a_year_of_missed_seconds_is_one_gap_found_quickly() -> None:
    every_second = parse_schedule("* * * * * * *")
    choice = choose(every_second, NOON - 365 * DAY, NOON, DEADLINE)
    assert choice is not None
    assert choice.gap is not None
    assert choice.gap.last == NOON - DEADLINE - SECOND
    assert "at least" in choice.gap.reason
