"""The time of day in plain English, as second, minute and hour say together."""

from itertools import product

from common.cron_fields import Field
from common.cron_phrases import counted, joined, series_step

MOST_CLOCK_TIMES = 6


def clock_times(second: Field, minute: Field, hour: Field) -> str | None:
    """`at 03:00 and 15:30` when the times of a day are few, else None."""
    lists = (hour.values, minute.values, second.values)
    if len(lists[0]) * len(lists[1]) * len(lists[2]) > MOST_CLOCK_TIMES:
        return None
    with_seconds = second.values != (0,)
    return f"at {joined([_clock(*time, with_seconds) for time in product(*lists)])}"


def intervals(second: Field, minute: Field, hour: Field) -> str:
    """`every 5 minutes from 09:00 through 17:55`, `at second 5 of minute 3 of every hour`."""
    if second.values != (0,):
        return _seconds(second, minute, hour)
    if minute.full or _period(minute):
        every = "every minute" if minute.full else f"every {_period(minute)} minutes"
        return f"{every}{_hours_of_minutes(minute, hour)}"
    if len(minute.values) == 1:
        step = series_step(hour.values)
        if step is not None:
            return _every_hours(minute.values[0], step, hour)
    return f"at {counted('minute', minute.values)} of {_of_hours(hour)}"


def _clock(hour: int, minute: int, second: int, with_seconds: bool) -> str:
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if with_seconds else "")


def _period(field: Field) -> int | None:
    """n when the values come every n units without a break from one minute or hour to the next."""
    step = series_step(field.values)
    whole = field.kind.high + 1
    even = (
        step is not None and step > 1 and whole % step == 0 and len(field.values) == whole // step
    )
    return step if even and field.values[0] == 0 else None


def _hours_of_minutes(minute: Field, hour: Field) -> str:
    """The hours of something that comes every few minutes."""
    if hour.full:
        return ""
    hours = hour.values
    if hours[-1] - hours[0] == len(hours) - 1:
        first = _clock(hours[0], minute.values[0], 0, False)
        return f" from {first} through {_clock(hours[-1], minute.values[-1], 0, False)}"
    return f" of {_of_hours(hour)}"


def _every_hours(minute: int, step: int, hour: Field) -> str:
    """One minute of hours that lie `step` apart."""
    every = "every hour" if step == 1 else f"every {step} hours"
    if hour.full and minute:
        return f"{every} at minute {minute}"
    if hour.full or (_period(hour) and not minute):
        return every
    first, last = (_clock(value, minute, 0, False) for value in (hour.values[0], hour.values[-1]))
    return f"{every} from {first} through {last}"


def _seconds(second: Field, minute: Field, hour: Field) -> str:
    """Where seconds other than 0 are named."""
    hours = f" of {_of_hours(hour)}"
    if second.full or _period(second):
        text = "every second" if second.full else f"every {_period(second)} seconds"
        if minute.full:
            return text if hour.full else text + hours
        return f"{text} during {counted('minute', minute.values)}{hours}"
    text = f"at {counted('second', second.values)} of"
    if minute.full:
        return f"{text} every minute{'' if hour.full else hours}"
    return f"{text} {counted('minute', minute.values)}{hours}"


def _of_hours(hour: Field) -> str:
    return "every hour" if hour.full else counted("hour", hour.values)
