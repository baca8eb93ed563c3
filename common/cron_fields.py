"""The seven fields of a cron expression: their names, ranges, words, and what one was read as."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Written out, because the calendar module's names follow the process's locale.
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTHS = {name.lower(): number for number, name in enumerate(MONTH_NAMES, 1)}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()}
WEEKDAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WEEKDAYS = {name.lower(): number for number, name in enumerate(WEEKDAY_NAMES)}
WEEKDAYS |= {name[:3]: number for name, number in WEEKDAYS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One of the seven places of an expression, with its least and its largest value."""

    name: str
    low: int
    high: int
    largest_step: int
    words: Mapping[str, int] = field(default_factory=dict)

    @property
    def everything(self) -> int:
        """The bit mask of all values of this field (bit 0 stands for `low`)."""
        return (1 << (self.high - self.low + 1)) - 1


SECOND = Kind("second", 0, 59, 59)
MINUTE = Kind("minute", 0, 59, 59)
HOUR = Kind("hour", 0, 23, 23)
DAY = Kind("day-of-month", 1, 31, 31)
MONTH = Kind("month", 1, 12, 12, MONTHS)
WEEKDAY = Kind("day-of-week", 0, 6, 6, WEEKDAYS)
YEAR = Kind("year", 1970, 2099, 129)
KINDS = (SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR)


@dataclass(frozen=True, slots=True)
class Span:
    """Every `step`-th value from `first` to `last`; wraps around the field when first > last."""

    first: int
    last: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class LastDay:
    """`L`: the last day of the month."""


@dataclass(frozen=True, slots=True)
class LastWorkday:
    """`LW`: the last day of the month that is no Saturday and no Sunday."""


@dataclass(frozen=True, slots=True)
class NearestWorkday:
    """`15W`: the Monday-to-Friday day nearest to `day` in its month; none in a shorter one."""

    day: int


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """`5#2`: the `nth` such weekday of the month (0 is Sunday); none if the month has fewer."""

    weekday: int
    nth: int


@dataclass(frozen=True, slots=True)
class LastWeekday:
    """`5L`: the last such weekday of the month (0 is Sunday)."""

    weekday: int


Special = LastDay | LastWorkday | NearestWorkday | NthWeekday | LastWeekday


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of an expression was read as.

    `mask` holds the plain values (bit 0 is `kind.low`), `specials` the days that only a calendar
    can tell. `unrestricted` says that an item is a bare `*` or `?`: the field then allows all, and
    a day field does not count as named. `starred` says that the text begins with `*` or `?`.
    """

    kind: Kind
    mask: int
    specials: tuple[Special, ...]
    unrestricted: bool
    starred: bool

    @property
    def values(self) -> tuple[int, ...]:
        """The plain values in ascending order."""
        low, mask = self.kind.low, self.mask
        return tuple(low + bit for bit in range(mask.bit_length()) if mask >> bit & 1)

    @property
    def full(self) -> bool:
        """Whether every value of the field is allowed."""
        return self.mask == self.kind.everything
