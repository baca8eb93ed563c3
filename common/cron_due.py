"""From local times to due instants: what a change of the clock does to a schedule.

Both ways take and give whole seconds since the epoch. Which one a schedule follows is the rule of
Debian's cron: it is a wildcard schedule when its minute or hour field begins with `*` (or `?`).
"""

from typing import Protocol

from common.cron_calendar import DAY_SECONDS, LAST_DAY, LocalTimes
from common.cron_zone import FAR, Zone

# All due instants lie between these two, in every zone.
BEGINNING = -FAR
END = (LAST_DAY + 1) * DAY_SECONDS + FAR


class Due(Protocol):
    """The due instants of a schedule."""

    def after(self, instant: int) -> int | None:
        """The first one that is later than `instant`."""

    def upto(self, instant: int, not_before: int) -> int | None:
        """The last one that is neither later than `instant` nor earlier than `not_before`."""

    def number(self, after: int, last: int) -> int:
        """How many are later than `after` and not later than `last`."""


class FixedTimes:
    """Once for each local time: at the first instant at which the clock shows it or a later one.

    So a time that comes twice is due the first time, and all times skipped in one gap are due at
    the gap's end: one instant, whatever their number, and the same one as a time that the
    schedule names for just then. A gap may be of any length, a whole skipped day too.
    """

    __slots__ = ("_times", "_zone")

    def __init__(self, times: LocalTimes, zone: Zone) -> None:
        self._times, self._zone = times, zone

    def after(self, instant: int) -> int | None:
        """The first due instant that is later than `instant`."""
        local = self._times.at_or_after(self._zone.farthest_reading(instant) + 1)
        return None if local is None else self._zone.first_reaching(local)

    def upto(self, instant: int, not_before: int) -> int | None:
        """The last due instant between `not_before` and `instant`, both included."""
        local = self._times.at_or_before(self._zone.farthest_reading(instant))
        if local is None:
            return None
        found = self._zone.first_reaching(local)
        return found if found >= not_before else None

    def number(self, after: int, last: int) -> int:
        """How many are later than `after` and not later than `last`; all of a gap are one."""
        if last <= after:
            return 0
        reading = self._zone.farthest_reading
        found = self._times.number(reading(after) + 1, reading(last))
        end = self._zone.stretch(after).end
        while end <= last:
            found -= max(0, self._times.number(reading(end - 1) + 1, reading(end)) - 1)
            end = self._zone.stretch(end).end
        return found


class WildcardTimes:
    """Real elapsed time: every instant at which the clock shows a local time of the schedule.

    So both passes of a time that comes twice are due, and nothing is due for a skipped one.
    """

    __slots__ = ("_times", "_zone")

    def __init__(self, times: LocalTimes, zone: Zone) -> None:
        self._times, self._zone = times, zone

    def after(self, instant: int) -> int | None:
        """The first due instant that is later than `instant`."""
        start = instant + 1
        while start <= END:
            stretch = self._zone.stretch(start)
            local = self._times.at_or_after(start + stretch.offset)
            found = END if local is None else local - stretch.offset
            if found < stretch.end:
                return found if local is not None else None
            # Nothing is due before a clock change that is far off, nor long after it: skip ahead.
            near = stretch.end - start < FAR
            start = stretch.end if near else max(stretch.end, found - FAR)
        return None

    def upto(self, instant: int, not_before: int) -> int | None:
        """The last due instant between `not_before` and `instant`, both included."""
        end = instant
        while end >= not_before:
            stretch = self._zone.stretch(end)
            local = self._times.at_or_before(end + stretch.offset)
            found = BEGINNING if local is None else local - stretch.offset
            if local is not None and found >= stretch.start:
                return found if found >= not_before else None
            near = end - stretch.start < FAR
            end = stretch.start - 1 if near else min(stretch.start - 1, found + FAR)
        return None

    def number(self, after: int, last: int) -> int:
        """How many are later than `after` and not later than `last`."""
        found, start = 0, after + 1
        while start <= last:
            stretch = self._zone.stretch(start)
            end = min(stretch.end - 1, last)
            found += self._times.number(start + stretch.offset, end + stretch.offset)
            start = stretch.end
        return found
