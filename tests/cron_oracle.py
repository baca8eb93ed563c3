"""An oracle for due instants: the rules of cron expressions, tried out date by date and minute by
minute. It shares no code with the product and uses no cron library; being right is its only aim.

Expressions are assumed to be valid. Instants are whole seconds since the epoch.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

MACROS = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@midnight": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
    "@minutely": "0 * * * * * *",
}
MONTHS = "january february march april may june july august september october november december"
DAYS = "sunday monday tuesday wednesday thursday friday saturday"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Rules:
    """What the seven fields of an expression allow."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    day_items: tuple[str, ...]
    weekday_items: tuple[str, ...]
    real_time: bool


def read(expr: str) -> Rules:
    """The rules of a valid expression."""
    text = expr.lower().strip()
    fields = MACROS.get(text, text).split()
    if len(fields) == 5:
        fields = ["0", *fields, "*"]
    elif len(fields) == 6:
        fields = ["0", *fields]
    second, minute, hour, day, month, weekday, year = fields
    return Rules(
        seconds=allowed(second, 0, 59),
        minutes=allowed(minute, 0, 59),
        hours=allowed(hour, 0, 23),
        months=allowed(month, 1, 12),
        years=allowed(year, 1970, 2099),
        day_items=tuple(day.split(",")),
        weekday_items=tuple(weekday.split(",")),
        real_time=minute[0] in "*?" or hour[0] in "*?",
    )


def allowed(field: str, low: int, high: int) -> frozenset[int]:
    """The values that a list of plain items allows."""
    return frozenset(value for item in field.split(",") for value in item_values(item, low, high))


@cache
def item_values(item: str, low: int, high: int) -> tuple[int, ...]:
    """Walk from the first value of an item to its last, around the end of the field if need be."""
    if item in ("*", "?"):
        return tuple(range(low, high + 1))
    body, _, step = item.partition("/")
    if body == "*":
        first, last = low, high
    elif "-" in body:
        first, last = (number(word, high) for word in body.split("-"))
    else:
        first = number(body, high)
        last = high if step else first
    values, size = [], high - low + 1
    for walked in range(size):
        value = low + (first - low + walked) % size
        if walked % int(step or 1) == 0:
            values.append(value)
        if value == last:
            return tuple(values)
    raise AssertionError(item)


def number(word: str, high: int) -> int:
    """A value written in digits or as the name of a month or weekday; weekday 7 is Sunday."""
    if word.isdigit():
        return 0 if high == 6 and word.lstrip("0") == "7" else int(word)
    names = DAYS.split() if high == 6 else MONTHS.split()
    places = [place for place, name in enumerate(names) if word in (name, name[:3])]
    return places[0] + (0 if high == 6 else 1)


@lru_cache(maxsize=100_000)
def day_is_due(rules: Rules, day: date) -> bool:
    """Whether a schedule is due on this date: either of two named day fields is enough."""
    if day.year not in rules.years or day.month not in rules.months:
        return False
    any_day = any(item in ("*", "?") for item in rules.day_items)
    any_weekday = any(item in ("*", "?") for item in rules.weekday_items)
    by_day = any(day_item_means(item, day) for item in rules.day_items)
    by_weekday = any(weekday_item_means(item, day) for item in rules.weekday_items)
    if any_day and any_weekday:
        return True
    if any_day:
        return by_weekday
    return by_day if any_weekday else by_day or by_weekday


def day_item_means(item: str, day: date) -> bool:
    """Whether one item of the day-of-month field means this date."""
    length = calendar.monthrange(day.year, day.month)[1]
    if item == "l":
        return day.day == length
    if item.endswith("w"):
        workdays = [d for d in range(1, length + 1) if day.replace(day=d).weekday() < 5]
        if item == "lw":
            return day.day == workdays[-1]
        wanted = int(item[:-1])
        return wanted <= length and day.day == min(workdays, key=lambda d: abs(d - wanted))
    return day.day in item_values(item, 1, 31)


def weekday_item_means(item: str, day: date) -> bool:
    """Whether one item of the day-of-week field means this date."""
    weekday = day.isoweekday() % 7
    length = calendar.monthrange(day.year, day.month)[1]
    if "#" in item:
        word, nth = item.split("#")
        return weekday == number(word, 6) and (day.day - 1) // 7 + 1 == int(nth)
    if re.fullmatch(r"\w+l", item):
        return weekday == number(item[:-1], 6) and day.day + 7 > length
    return weekday in item_values(item, 0, 6)


def due_in_utc(rules: Rules, after: int) -> Iterator[int]:
    """All due instants later than `after`, ascending, in a zone whose clock never changes."""
    start = datetime.fromtimestamp(after, UTC)
    for year, month in ((y, m) for y in sorted(rules.years) for m in sorted(rules.months)):
        if (year, month) < (start.year, start.month):
            continue
        for day in range(1, calendar.monthrange(year, month)[1] + 1):
            this = date(year, month, day)
            if this < start.date() or not day_is_due(rules, this):
                continue
            midnight = int(datetime(year, month, day, tzinfo=UTC).timestamp())
            for hour in sorted(rules.hours):
                for minute in sorted(rules.minutes):
                    for second in sorted(rules.seconds):
                        instant = midnight + hour * 3600 + minute * 60 + second
                        if instant > after:
                            yield instant


@cache
def clock_readings(zone: str, start: int, end: int) -> Sequence[tuple[int, int]]:
    """Each minute of real time with what the clock shows then, in minutes since 1970."""
    info = ZoneInfo(zone)
    readings = []
    for instant in range(start, end, 60):
        shown = datetime.fromtimestamp(instant, info).replace(tzinfo=None) - datetime(1970, 1, 1)
        readings.append((instant, shown // timedelta(minutes=1)))
    return readings


def minute_is_due(rules: Rules, shown: int) -> bool:
    """Whether a minute of the local clock, in minutes since 1970, is a due one."""
    day, minute = divmod(shown, 1440)
    if minute % 60 not in rules.minutes or minute // 60 not in rules.hours:
        return False
    return day_is_due(rules, EPOCH + timedelta(days=day))


def due_in_zone(rules: Rules, zone: str, start: int, end: int) -> list[int]:
    """All due instants in [start, end), both whole minutes, of which no two read the same at the
    beginning: the clock is watched minute by minute, as somebody would who obeys the rule.
    """
    due: set[int] = set()
    latest = clock_readings(zone, start, end)[0][1] - 1
    for instant, shown in clock_readings(zone, start, end):
        if not rules.real_time and any(
            minute_is_due(rules, skipped) for skipped in range(latest + 1, shown)
        ):
            due.add(instant)
        if (rules.real_time or shown > latest) and minute_is_due(rules, shown):
            due.update(instant + second for second in rules.seconds)
        latest = max(latest, shown)
    return sorted(due)
