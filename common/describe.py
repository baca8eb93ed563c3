"""A schedule in plain English, made from the same fields that its instants come from."""

from common.cron_phrases_date import dates, years
from common.cron_phrases_time import clock_times, intervals
from common.schedule import Schedule


def describe(schedule: Schedule) -> str:
    """One phrase without a full stop: `at 03:00 on the last Friday of every month, Europe/Berlin`.

    The zone is named unless it makes no difference: nothing coarser than seconds is chosen, or the
    zone is UTC and nothing coarser than minutes is.
    """
    second, minute, hour, day, month, weekday, year = schedule.fields
    clock = clock_times(second, minute, hour)
    date = dates(day, month, weekday)
    if clock and not date.startswith("on "):
        date = f"every day {date}".strip()
    words = (clock or intervals(second, minute, hour), date, years(year))
    text = " ".join(word for word in words if word)
    coarse = not hour.full or bool(date) or not year.full
    local = coarse or (schedule.zone != "UTC" and not minute.full)
    return f"{text}, {schedule.zone}" if local else text
