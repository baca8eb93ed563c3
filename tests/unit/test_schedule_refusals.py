"""What is refused, and with which sentence; and what is not refused although it never fires."""

from datetime import UTC, datetime

import pytest

from common.errors import InvalidField
from common.schedule import MAX_EXPRESSION, parse_schedule, require_future

LAYOUT = (
    "expected 5 fields (minute, hour, day-of-month, month, day-of-week), "
    "6 (these and a year) or 7 (a second before and a year after them)"
)
REFUSED = {
    "": f"is empty; {LAYOUT}",
    " \t ": f"is empty; {LAYOUT}",
    "*": f"has 1 field; {LAYOUT}",
    "* * * *": f"has 4 fields; {LAYOUT}",
    "* * * * * * * *": f"has 8 fields; {LAYOUT}",
    "*/5 * * * *" + " " * 250: f"is longer than {MAX_EXPRESSION} characters",
    "* * * * *\0": r"holds '\x00'; only plain ASCII text can be read",
    "\x1b * * * *": r"holds '\x1b'; only plain ASCII text can be read",
    "*\x0b* * * *": r"holds '\x0b'; only plain ASCII text can be read",
    "*\u00a0* * * * *": r"holds '\xa0'; only plain ASCII text can be read",
    "\u0665 * * * *": r"holds '\u0665'; only plain ASCII text can be read",
    "@reboot": "@reboot is not supported: a fleet's job has no boot",
    "@fortnightly": "'@fortnightly' is not one of @yearly, @annually, @monthly, @weekly, @daily, "
    "@midnight, @hourly, @minutely",
    "@daily 5": "'@daily 5' is not one of @yearly, @annually, @monthly, @weekly, @daily, "
    "@midnight, @hourly, @minutely",
    "61 * * * *": "minute: 61 is out of range 0-59",
    "60 * * * * * *": "second: 60 is out of range 0-59",
    "* 24 * * *": "hour: 24 is out of range 0-23",
    "* * 0 * *": "day-of-month: 0 is out of range 1-31",
    "* * 32 * *": "day-of-month: 32 is out of range 1-31",
    "* * * 13 *": "month: 13 is out of range 1-12",
    "* * * 0 *": "month: 0 is out of range 1-12",
    "* * * * 8": "day-of-week: 8 is out of range 0-7",
    "* * * * * 1969": "year: 1969 is out of range 1970-2099",
    "* * * * * 2100": "year: 2100 is out of range 1970-2099",
    "00000005 * * * *": "minute: 00000005 is out of range 0-59",
    "5-61 * * * *": "minute: 61 is out of range 0-59",
    "*/60 * * * *": "minute: the step of '*/60' is out of range 1-59",
    "* 1-5/24 * * *": "hour: the step of '1-5/24' is out of range 1-23",
    "* * * * */7": "day-of-week: the step of '*/7' is out of range 1-6",
    "* * * */13 *": "month: the step of '*/13' is out of range 1-12",
    "* * * * * */130": "year: the step of '*/130' is out of range 1-129",
    "*/0 * * * *": "minute: the step of '*/0' is out of range 1-59",
    "*/ * * * *": "minute: '*/' has no number as its step",
    "*/-5 * * * *": "minute: '*/-5' has no number as its step",
    "1/2/3 * * * *": "minute: '1/2/3' has no number as its step",
    "1,,2 * * * *": "minute: '1,,2' has an empty item in its list",
    "* 3, * * *": "hour: '3,' has an empty item in its list",
    "* * ,1 * *": "day-of-month: ',1' has an empty item in its list",
    "? * * * ,": "day-of-week: ',' has an empty item in its list",
    "five * * * *": "minute: 'five' is not a value 0-59, a range, a step or a list of these",
    "-5 * * * *": "minute: '-5' is not a value 0-59, a range, a step or a list of these",
    "1-2-3 * * * *": "minute: '1-2-3' is not a value 0-59, a range, a step or a list of these",
    "1.5 * * * *": "minute: '1.5' is not a value 0-59, a range, a step or a list of these",
    "**/5 * * * *": "minute: '**/5' is not a value 0-59, a range, a step or a list of these",
    "?/5 * * * *": "minute: '?/5' is not a value 0-59, a range, a step or a list of these",
    "* mon * * *": "hour: 'mon' is not a value 0-23, a range, a step or a list of these",
    "* * * Mai *": "month: 'Mai' is not a value 1-12, a range, a step or a list of these",
    "* L * * *": "hour: 'L' is not a value 0-23, a range, a step or a list of these",
    "* * W * *": "day-of-month: 'W' is not a value 1-31, a range, a step or a list of these",
    "* * 1-5W * *": "day-of-month: '1-5W' is not a value 1-31, a range, a step or a list of these",
    "* * 0W * *": "day-of-month: 0 is out of range 1-31",
    "* * 32w * *": "day-of-month: 32 is out of range 1-31",
    "* * 5L * *": "day-of-month: '5L' is not a value 1-31, a range, a step or a list of these",
    "* * L-3 * *": "day-of-month: 'L-3': counting back from the last day is not supported",
    "* * * * L": "day-of-week: 'L' needs a weekday before it, such as 5L",
    "* * * * 1-5L": "day-of-week: '1-5L' is not a value 0-6, a range, a step or a list of these",
    "* * * * 8L": "day-of-week: 8 is out of range 0-7",
    "* * * * 5#0": "day-of-week: the number behind # in '5#0' is out of range 1-5",
    "* * * * fri#6": "day-of-week: the number behind # in 'fri#6' is out of range 1-5",
    "* * * * 9#1": "day-of-week: 9 is out of range 0-7",
    "* * * * #1": "day-of-week: '#1' is not a value 0-6, a range, a step or a list of these",
    "R * * * *": "minute: 'R': random values are not supported, H spreads jobs by their name",
    "* R(1-5)/2 * * *": "hour: 'R(1-5)/2': random values are not supported, "
    "H spreads jobs by their name",
    "H * * * *": "minute: 'H' can be read only where a job's name is known (when it is saved)",
    "* H(1-5)/2 * * *": "hour: 'H(1-5)/2' can be read only where a job's name is known "
    "(when it is saved)",
}
NEVER_FIRES = {
    "0 0 30 2 *": "there is no day 30 in February",
    "0 0 30,31 feb *": "there is no day 30 or 31 in February",
    "0 0 31 2,4,6 *": "there is no day 31 in February, April or June",
    "0 0 31W 2 *": "no day in February matches",
    "0 0 29 2 * 2025-2027": "there is no day 29 in February in the years given",
    "0 0 * 2 1#5 2025": "no day in February in the years given matches",
    "0 0 1 1 * 1999": "the year 1999 is past",
    "0 0 1 1 * 1998,2001": "its last year, 2001, is past",
    "0 0 1 1 * 2024": "its last due instant, 2024-01-01 00:00:00 UTC, is past",
}
NOW = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(("expr", "reason"), REFUSED.items())
def test_an_expression_that_cannot_be_read_is_refused_by_name(expr: str, reason: str) -> None:
    with pytest.raises(InvalidField) as refused:
        parse_schedule(expr)
    assert str(refused.value) == f"cronExpr: {reason}"


@pytest.mark.parametrize(("expr", "reason"), NEVER_FIRES.items())
def test_what_never_fires_is_read_but_refused_at_save(expr: str, reason: str) -> None:
    schedule = parse_schedule(expr)
    assert schedule.next_after(NOW) is None
    assert list(schedule.between(NOW, 1 << 60)) == []
    with pytest.raises(InvalidField) as refused:
        require_future(schedule, NOW)
    assert str(refused.value) == f"cronExpr: never fires: {reason}"


def test_what_is_due_once_more_is_not_refused() -> None:
    require_future(parse_schedule("0 0 1 1 * 2099"), NOW)


def test_the_longest_expression_is_read_and_a_longer_one_refused() -> None:
    longest = ",".join(["10"] * 100)[: MAX_EXPRESSION - 8] + " * * * *"
    assert len(longest) == MAX_EXPRESSION
    assert parse_schedule(longest).next_after(0) == 600_000
    with pytest.raises(InvalidField, match="longer than 256"):
        parse_schedule(longest + " ")


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\f"])
def test_any_ascii_white_space_separates_fields(space: str) -> None:
    fields = space.join(["", "5", "*", "*", "*", "*", ""])
    assert parse_schedule(fields).next_after(0) == 300_000
