"""The local times that an expression matches, on a calendar without zones.

A local time is a number of seconds, a day a number of days, since 1970-01-01 of that calendar.
The search skips whole years, months and days by their masks, so that no expression makes it slow.
"""

from calendar import isleap
from datetime import date

from common.cron_clock import TimesOfDay, highest, lowest
from common.cron_days import DayRule, day_rule
from common.cron_fields import MONTH, YEAR, Field

DAY_SECONDS = 86400
EPOCH = date(1970, 1, 1).toordinal()
LAST_DAY = date(YEAR.high, 12, 31).toordinal() - EPOCH
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _month(index: int) -> tuple[int, int, int]:
    """Of a month: the day before its first, the weekday of its first (0 is Sunday), its length."""
    year, month = divmod(index, 12)
    ordinal = date(1970 + year, month + 1, 1).toordinal()
    return ordinal - EPOCH - 1, ordinal % 7, _LENGTHS[month] + (month == 1 and isleap(1970 + year))


# Months count from January 1970, here and below.
_MONTHS = tuple(map(_month, range((YEAR.high - YEAR.low + 1) * 12)))


class DueDays:
    """All days from 1970 to 2099 that match the day fields, month and year."""

    __slots__ = ("_months", "_rule", "_years")

    def __init__(self, rule: DayRule, month: Field, year: Field) -> None:
        self._rule, self._months, self._years = rule, month.mask, year.mask

    def at_or_after(self, day: int) -> int | None:
        """The first due day that is not before `day` (0 or more); None if there is none to 2099."""
        if day > LAST_DAY:
            return None
        start = date.fromordinal(day + EPOCH)
        here = (start.year - YEAR.low) * 12 + start.month - 1
        index, first = self._month_from(here), start.day
        while index is not None:
            if index > here:
                first = 1
            begins, weekday, length = _MONTHS[index]
            ahead = lowest(self._rule.mask(weekday, length) >> first)
            if ahead >= 0:
                return begins + first + ahead
            index, first = self._month_from(index + 1), 1
        return None

    def at_or_before(self, day: int) -> int | None:
        """The last due day not after `day` (2099 at most); None if there is none from 1970."""
        if day < 0:
            return None
        end = date.fromordinal(day + EPOCH)
        here = (end.year - YEAR.low) * 12 + end.month - 1
        index = self._month_upto(here)
        while index is not None:
            begins, weekday, length = _MONTHS[index]
            found = highest(self._rule.mask(weekday, length), end.day if index == here else length)
            if found >= 0:
                return begins + found
            index = self._month_upto(index - 1)
        return None

    def number(self, first: int, last: int) -> int:
        """How many due days there are from one to another, both included (0 to 2099's last)."""
        if first > last:
            return 0
        index = self._month_from(_month_of(first))
        found = 0
        while index is not None and _MONTHS[index][0] < last:
            begins, weekday, length = _MONTHS[index]
            low, high = max(first - begins, 1), min(last - begins, length)
            mask = self._rule.mask(weekday, length) >> low
            found += (mask & (2 << high - low) - 1).bit_count() if low <= high else 0
            index = self._month_from(index + 1)
        return found

    def _month_from(self, index: int) -> int | None:
        """The first month not before this one whose year and month are allowed."""
        year, month = divmod(index, 12)
        if self._years >> year & 1:
            ahead = lowest(self._months >> month)
            if ahead >= 0:
                return index + ahead
        ahead = lowest(self._years >> year + 1)
        return (year + 1 + ahead) * 12 + lowest(self._months) if ahead >= 0 else None

    def _month_upto(self, index: int) -> int | None:
        """The last month not after this one whose year and month are allowed."""
        year, month = divmod(index, 12)
        if year >= 0 and self._years >> year & 1:
            found = highest(self._months, month)
            if found >= 0:
                return year * 12 + found
        found = highest(self._years, year - 1)
        return found * 12 + highest(self._months, MONTH.high - 1) if found >= 0 else None


class LocalTimes:
    """All local times from 1970 to 2099 that match the seven fields of an expression."""

    __slots__ = ("_days", "_times")

    def __init__(self, fields: tuple[Field, ...]) -> None:
        second, minute, hour, day, month, weekday, year = fields
        self._times = TimesOfDay(second, minute, hour)
        self._days = DueDays(day_rule(day, weekday), month, year)

    def at_or_after(self, local: int) -> int | None:
        """The first matching time that is not before `local`; None if there is none to 2099."""
        day, second = divmod(max(local, 0), DAY_SECONDS)
        found = self._days.at_or_after(day)
        if found == day:
            time = self._times.at_or_after(second)
            if time >= 0:
                return day * DAY_SECONDS + time
            found = self._days.at_or_after(day + 1)
        return None if found is None else found * DAY_SECONDS + self._times.first

    def at_or_before(self, local: int) -> int | None:
        """The last matching time that is not after `local`; None if there is none from 1970."""
        day, second = divmod(min(local, LAST_DAY * DAY_SECONDS + DAY_SECONDS - 1), DAY_SECONDS)
        found = self._days.at_or_before(day)
        if found == day:
            time = self._times.at_or_before(second)
            if time >= 0:
                return day * DAY_SECONDS + time
            found = self._days.at_or_before(day - 1)
        return None if found is None else found * DAY_SECONDS + self._times.last

    def number(self, first: int, last: int) -> int:
        """How many matching times there are from one to another, both included."""
        first, last = max(first, 0), min(last, LAST_DAY * DAY_SECONDS + DAY_SECONDS - 1)
        if first > last:
            return 0
        (day, time), (last_day, last_time) = divmod(first, DAY_SECONDS), divmod(last, DAY_SECONDS)
        found = self._days.number(day, last_day) * self._times.number
        found -= self._days.number(day, day) * self._times.upto(time - 1)
        return found - self._days.number(last_day, last_day) * (
            self._times.number - self._times.upto(last_time)
        )


def _month_of(day: int) -> int:
    """The month of a day, counted from January 1970."""
    found = date.fromordinal(day + EPOCH)
    return (found.year - YEAR.low) * 12 + found.month - 1
