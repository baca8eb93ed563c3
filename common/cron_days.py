"""The days of a month on which a schedule is due, as its two day fields say together."""

from functools import lru_cache

from common.cron_fields import (
    Field,
    LastDay,
    LastWeekday,
    LastWorkday,
    NearestWorkday,
    NthWeekday,
    Special,
)

SUNDAY, SATURDAY = 0, 6


class DayRule:
    """The due days of any month. Where both day fields are named, one of them is enough.

    A month is given as the weekday of its first day (0 is Sunday) and its length; the answer is a
    bit mask with bit 1 for the first day. There are 28 such months, each worked out once.
    """

    __slots__ = ("_days", "_known", "_weekdays")

    def __init__(self, days: Field, weekdays: Field) -> None:
        self._days, self._weekdays = days, weekdays
        self._known: dict[tuple[int, int], int] = {}

    def mask(self, first_weekday: int, length: int) -> int:
        """The due days of a month that begins on this weekday and has this many days."""
        month = (first_weekday, length)
        mask = self._known.get(month)
        if mask is None:
            mask = self._known[month] = self._worked_out(first_weekday, length)
        return mask

    def _worked_out(self, first_weekday: int, length: int) -> int:
        every_day = (2 << length) - 2
        if self._days.unrestricted and self._weekdays.unrestricted:
            return every_day
        mask = 0
        if not self._days.unrestricted:
            mask |= self._days.mask << 1
            for special in self._days.specials:
                mask |= 1 << _day_of(special, first_weekday, length)
        if not self._weekdays.unrestricted:
            for day in range(1, length + 1):
                mask |= (self._weekdays.mask >> (first_weekday + day - 1) % 7 & 1) << day
            for special in self._weekdays.specials:
                mask |= 1 << _day_of(special, first_weekday, length)
        return mask & every_day


@lru_cache(maxsize=4096)
def day_rule(days: Field, weekdays: Field) -> DayRule:
    """The rule of two day fields; equal fields share one."""
    return DayRule(days, weekdays)


def _day_of(special: Special, first_weekday: int, length: int) -> int:
    """The day that a special item means in a month; 0 if it has none there."""
    match special:
        case LastDay():
            return length
        case LastWorkday():
            return _workday_near(length, first_weekday, length)
        case NearestWorkday(day):
            return _workday_near(day, first_weekday, length) if day <= length else 0
        case NthWeekday(weekday, nth):
            day = 1 + (weekday - first_weekday) % 7 + 7 * (nth - 1)
            return day if day <= length else 0
        case LastWeekday(weekday):
            return length - (first_weekday + length - 1 - weekday) % 7


def _workday_near(day: int, first_weekday: int, length: int) -> int:
    """The day itself, the Friday before a Saturday or the Monday after a Sunday, in this month."""
    weekday = (first_weekday + day - 1) % 7
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < length else day - 2
    return day
