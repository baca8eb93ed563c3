"""The days in plain English, as the two day fields, month and year say together."""

from common.cron_fields import (
    WEEKDAY_NAMES,
    Field,
    LastDay,
    LastWeekday,
    LastWorkday,
    NearestWorkday,
    NthWeekday,
    Special,
)
from common.cron_phrases import counted, joined, months, ordinal, weekdays

_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def dates(day: Field, month: Field, weekday: Field) -> str:
    """`on the last Friday of every month`; "" for every day of the year.

    Where both day fields are named, either is enough, and the text says "as well".
    """
    if _is_every_day(day, weekday):
        return "" if month.full else f"in {months(month.values)}"
    if weekday.unrestricted:
        return _days(day, month)
    if day.unrestricted:
        return _weekdays(weekday, month)
    return f"{_days(day, month)}, and {_weekdays(weekday, month)} as well"


def years(year: Field) -> str:
    """`in the years 2025 through 2027`; "" for all of them."""
    if year.full:
        return ""
    text = counted("year", year.values)
    return f"in {text}" if text.startswith("every") else f"in the {text}"


def _is_every_day(day: Field, weekday: Field) -> bool:
    """Whether no day is left out; a field that names all its values makes the other idle."""
    named = [field for field in (day, weekday) if not field.unrestricted]
    return not named or any(field.full for field in named)


def _days(day: Field, month: Field) -> str:
    """The day of the month."""
    words = [counted("day", day.values)] if day.mask else []
    words += [_special(special) for special in day.specials]
    return f"on {joined(words)} of {_of_months(month)}{_remark(_day_may_be_absent(day, month))}"


def _weekdays(weekday: Field, month: Field) -> str:
    """The day of the week."""
    in_months = "" if month.full else f" in {months(month.values)}"
    words = [f"on {weekdays(weekday.values)}{in_months}"] if weekday.mask else []
    if weekday.specials:
        specials = joined([_special(special) for special in weekday.specials])
        remark = _remark(all(map(_is_fifth, weekday.specials)))
        words.append(f"on {specials} of {_of_months(month)}{remark}")
    return joined(words)


def _of_months(month: Field) -> str:
    return "every month" if month.full else months(month.values)


def _remark(absent: bool) -> str:
    return " (where there is one)" if absent else ""


def _day_may_be_absent(day: Field, month: Field) -> bool:
    """Whether one of the months may have none of the days."""
    earliest = [_earliest(special) for special in day.specials] + list(day.values[:1])
    return min(earliest) > min(_LENGTHS[number - 1] for number in month.values)


def _earliest(special: Special) -> int:
    """The day that a month must have for this item to mean one."""
    return special.day if isinstance(special, NearestWorkday) else 1


def _is_fifth(special: Special) -> bool:
    return isinstance(special, NthWeekday) and special.nth == 5


def _special(special: Special) -> str:
    match special:
        case LastDay():
            return "the last day"
        case LastWorkday():
            return "the last working day"
        case NearestWorkday(day):
            return f"the working day nearest to day {day}"
        case NthWeekday(weekday, nth):
            return f"the {ordinal(nth)} {WEEKDAY_NAMES[weekday]}"
        case LastWeekday(weekday):
            return f"the last {WEEKDAY_NAMES[weekday]}"
