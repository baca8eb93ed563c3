"""When a job is due: a cron expression in a time zone, and its instants in epoch milliseconds.

What an expression may hold is written in `cron_text`, which days it means in `cron_days`, what
daylight saving does to it in `cron_due`, and what `H` becomes in `cron_hash`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from common.cron_calendar import LocalTimes
from common.cron_due import BEGINNING, END, Due, FixedTimes, WildcardTimes
from common.cron_fields import MONTH, Field
from common.cron_hash import expand_hash
from common.cron_phrases import joined, month_name
from common.cron_text import MAX_EXPRESSION, read_expression
from common.cron_zone import zone_named
from common.errors import InvalidField

__all__ = ["MAX_EXPRESSION", "Schedule", "expand_hash", "parse_schedule", "require_future"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """An expression in a time zone. Immutable, equal by these two, safe to share by threads.

    `fields` is what the expression was read as: second, minute, hour, day of month, month, day of
    week, year. Instants are integers in epoch milliseconds and always whole seconds.
    """

    expr: str
    zone: str
    fields: tuple[Field, ...] = field(compare=False, repr=False)
    due: Due = field(compare=False, repr=False)

    def next_after(self, ms: int) -> int | None:
        """The first due instant strictly after `ms`; None when there is none to the year 2099."""
        found = self.due.after(min(max(ms // 1000, BEGINNING), END))
        return None if found is None else found * 1000

    def between(self, after: int, before: int) -> Iterator[int]:
        """The due instants strictly between the two, ascending, each worked out when asked for."""
        found = self.next_after(after)
        while found is not None and found < before:
            yield found
            found = self.next_after(found)

    def number_between(self, after: int, before: int) -> int:
        """How many due instants lie strictly between the two; by arithmetic, however many."""
        first, last = (min(max(ms // 1000, BEGINNING), END) for ms in (after, before - 1))
        return self.due.number(first, last)

    def last_before(self, ms: int, not_before: int) -> int | None:
        """The latest due instant t with not_before <= t < ms, found without those between."""
        earliest = max(-(-not_before // 1000), BEGINNING)
        found = self.due.upto(min(max((ms - 1) // 1000, BEGINNING), END), earliest)
        return None if found is None else found * 1000


@lru_cache(maxsize=16384)
def parse_schedule(expr: str, zone: str = "UTC") -> Schedule:
    """The schedule of an expression, read in an IANA zone.

    Raises InvalidField("cronExpr", ...) or InvalidField("timezone", ...). An expression that is
    never due, or never again, is read like any other: its `next_after` is None.
    """
    fields = read_expression(expr)
    times = LocalTimes(fields)
    wildcard = fields[1].starred or fields[2].starred
    due = (WildcardTimes if wildcard else FixedTimes)(times, zone_named(zone))
    return Schedule(expr, zone, fields, due)


def require_future(schedule: Schedule, now_ms: int) -> None:
    """Refuse, with InvalidField("cronExpr", "never fires: ..."), what is not due after now."""
    if schedule.next_after(now_ms) is None:
        raise InvalidField("cronExpr", f"never fires: {_why_never(schedule, now_ms)}")


def _why_never(schedule: Schedule, now_ms: int) -> str:
    """The reason why a schedule has no instant to come, as the end of a sentence."""
    day, month, weekday, year = schedule.fields[3:]
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if year.values[-1] < now.year - 1:
        last_year = year.values[-1]
        only = year.values == (last_year,)
        return f"the year {last_year} is past" if only else f"its last year, {last_year}, is past"
    last = schedule.last_before(now_ms + 1, BEGINNING * 1000)
    if last is not None:
        moment = datetime.fromtimestamp(last / 1000, UTC)
        return f"its last due instant, {moment:%Y-%m-%d %H:%M:%S} UTC, is past"
    months = joined([month_name(number) for number in month.values], "or")
    of_years = "" if year.full else " in the years given"
    if weekday.unrestricted and not day.specials:
        return f"there is no day {joined(list(map(str, day.values)), 'or')} in {months}{of_years}"
    return (
        f"no day in {'any month' if month.mask == MONTH.everything else months}{of_years} matches"
    )
