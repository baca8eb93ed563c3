"""Which due instant is settled next, and what is passed over on the way."""

from common.schedule import parse_schedule
from worker.choice import AHEAD_MS, TOO_LATE, Choice, Lateness, choose

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOON = 1_800_014_400_000
"""2027-01-15 12:00:00 UTC."""
DEADLINE = 60 * SECOND
PLAIN = Lateness(DEADLINE)


def test_the_instant_after_the_watermark_is_the_next() -> None:
    every_minute = parse_schedule("* * * * *")
    choice = choose(every_minute, NOON, NOON + 1, PLAIN)
    assert choice is not None
    assert (choice.plan_time, choice.gap, choice.missed) == (NOON + MINUTE, None, "")


def test_owed_instants_within_the_start_deadline_are_taken_oldest_first() -> None:
    every_second = parse_schedule("* * * * * * *")
    choice = choose(every_second, NOON, NOON + 30 * SECOND, PLAIN)
    assert choice is not None
    assert (choice.plan_time, choice.gap) == (NOON + SECOND, None)


def test_an_instant_exactly_at_the_start_deadline_is_still_run() -> None:
    hourly = parse_schedule("0 * * * *")
    choice = choose(hourly, NOON - 1, NOON + DEADLINE, PLAIN)
    assert choice is not None
    assert (choice.plan_time, choice.missed) == (NOON, "")


def test_what_is_older_than_the_start_deadline_is_a_gap_before_the_next() -> None:
    every_second = parse_schedule("* * * * * * *")
    now = NOON + 100 * SECOND
    choice = choose(every_second, NOON, now, PLAIN)
    assert choice is not None
    assert choice.plan_time == now - DEADLINE
    assert choice.gap is not None
    assert (choice.gap.first, choice.gap.last) == (NOON + SECOND, choice.plan_time - SECOND)
    assert choice.gap.count == 39


def test_missed_instants_of_a_rare_job_are_settled_at_once_and_not_with_the_next() -> None:
    daily = parse_schedule("0 12 * * *")
    choice = choose(daily, NOON - 3 * DAY - 1, NOON + HOUR, PLAIN)
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
    choice = choose(daily, NOON - DAY - 1, NOON - AHEAD_MS, PLAIN)
    assert choice is not None
    assert (choice.plan_time, choice.missed) == (NOON, "")
    assert choice.gap is not None
    assert choice.gap.count == 1


def test_a_job_that_is_never_due_again_has_nothing_to_be_settled() -> None:
    once = parse_schedule("0 0 12 15 1 * 2027")
    assert choose(once, NOON, NOON + 1, PLAIN) is None


def test_the_last_instant_of_all_is_settled_as_missed_when_it_is_too_late() -> None:
    once = parse_schedule("0 0 12 15 1 * 2027")
    choice = choose(once, NOON - DAY, NOON + HOUR, PLAIN)
    assert choice is not None
    assert (choice.plan_time, choice.gap, choice.missed) == (NOON, None, TOO_LATE)


def test_a_year_of_missed_seconds_is_one_gap_found_quickly() -> None:
    every_second = parse_schedule("* * * * * * *")
    choice = choose(every_second, NOON - 365 * DAY, NOON, PLAIN)
    assert choice is not None
    assert choice.gap is not None
    assert choice.gap.last == NOON - DEADLINE - SECOND
    assert choice.gap.count == (choice.gap.last - choice.gap.first) // SECOND + 1


def made_up(expr: str, away: int, lateness: Lateness) -> list[Choice]:
    """What is chosen one after the other after so long an absence until noon."""
    schedule, fired, chosen = parse_schedule(expr), NOON - away, []
    while (choice := choose(schedule, fired, NOON, lateness)) and choice.plan_time <= NOON:
        chosen.append(choice)
        fired = choice.plan_time
    return chosen


def test_catch_up_latest_runs_the_last_missed_instant_and_records_the_others() -> None:
    first, *rest = made_up("*/10 * * * *", 2 * HOUR, Lateness(DEADLINE, "latest"))
    assert first.plan_time == NOON - 10 * MINUTE
    assert first.caught_up
    assert first.gap is not None
    assert first.gap.count == 10
    assert [(c.plan_time, c.caught_up, c.gap) for c in rest] == [(NOON, False, None)]


def test_catch_up_all_runs_as_many_as_its_limit_oldest_first() -> None:
    chosen = made_up("*/10 * * * *", 2 * HOUR, Lateness(DEADLINE, "all", limit=3))
    assert [c.plan_time for c in chosen] == [NOON - n * 10 * MINUTE for n in (3, 2, 1, 0)]
    assert [c.caught_up for c in chosen] == [True, True, True, False]
    assert chosen[0].gap is not None
    assert chosen[0].gap.count == 8


def test_catch_up_all_with_room_for_all_leaves_no_gap() -> None:
    chosen = made_up("*/10 * * * *", 2 * HOUR - 1, Lateness(DEADLINE, "all", limit=100))
    assert len(chosen) == 12
    assert all(c.gap is None and not c.missed for c in chosen)


def test_nothing_beyond_the_window_is_caught_up() -> None:
    lateness = Lateness(DEADLINE, "all", window_ms=25 * MINUTE)
    chosen = made_up("*/10 * * * *", 2 * HOUR, lateness)
    assert [c.plan_time for c in chosen] == [NOON - 20 * MINUTE, NOON - 10 * MINUTE, NOON]


def test_a_missed_instant_of_a_rare_job_is_caught_up_at_once() -> None:
    daily = parse_schedule("0 11 * * *")
    choice = choose(daily, NOON - 3 * DAY, NOON, Lateness(DEADLINE, "latest"))
    assert choice is not None
    assert (choice.plan_time, choice.missed, choice.caught_up) == (NOON - HOUR, "", True)


def test_a_rare_job_whose_window_has_passed_is_settled_as_missed() -> None:
    daily = parse_schedule("0 11 * * *")
    lateness = Lateness(DEADLINE, "latest", window_ms=10 * MINUTE)
    choice = choose(daily, NOON - 3 * DAY, NOON, lateness)
    assert choice is not None
    assert (choice.plan_time, choice.missed, choice.caught_up) == (NOON - HOUR, TOO_LATE, False)


def test_a_year_of_missed_seconds_is_caught_up_quickly() -> None:
    chosen = made_up("* * * * * * *", 365 * DAY, Lateness(1000, "all", limit=5))
    assert len(chosen) == 5 + 2
    gap = chosen[0].gap
    assert gap
    assert gap.count == (gap.last - gap.first) // SECOND + 1
