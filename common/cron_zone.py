"""A time zone as stretches of constant distance from UTC, found through zoneinfo and kept.

Instants are whole seconds since the epoch; local times are `instant + offset`. Offsets lie between
-14 and +14 hours (a clock may still jump by a whole day, as in Apia in December 2011).
"""

import re
from bisect import bisect_right
from calendar import timegm
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.errors import InvalidField

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No clock change is felt longer than this before or after it.
FAR = 2 * 86400
# Changes lie at least six days apart in every zone since 1970; two readings this close see each.
_PROBE = 2 * 86400
_SAFE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*)*")
_NOT_ZONES = ("localtime", "posixrules", "posix/", "right/", "Factory", "leapseconds")


class Stretch(NamedTuple):
    """The instants `start <= instant < end`, with local time `offset` seconds ahead of UTC."""

    start: int
    end: int
    offset: int


class Zone:
    """One IANA time zone; safe to use from several threads."""

    __slots__ = ("_info", "_recent", "_years")

    def __init__(self, info: ZoneInfo) -> None:
        self._info = info
        self._years: dict[int, tuple[Stretch, ...]] = {}
        self._recent = Stretch(0, 0, 0)
        if info.key == "UTC":
            self._recent = Stretch(-(1 << 62), 1 << 62, 0)

    def stretch(self, instant: int) -> Stretch:
        """The stretch around an instant. One may end at New Year (UTC) with the clock unchanged."""
        recent = self._recent
        if not recent.start <= instant < recent.end:
            year = (_EPOCH + timedelta(seconds=instant)).year
            stretches = self._years.get(year)
            if stretches is None:
                stretches = self._years[year] = self._surveyed(year)
            at = bisect_right(stretches, instant, key=lambda stretch: stretch.start)
            recent = self._recent = stretches[at - 1]
        return recent

    def farthest_reading(self, instant: int) -> int:
        """The latest local time that the clock has shown up to and including this instant."""
        stretch = self.stretch(instant)
        reading = instant + stretch.offset
        while stretch.start > instant - FAR:
            stretch = self.stretch(stretch.start - 1)
            reading = max(reading, stretch.end - 1 + stretch.offset)
        return reading

    def first_reaching(self, local: int) -> int:
        """The first instant at which the clock shows this local time or a later one.

        That is the instant that reads so, the first of two, or the end of the gap over it.
        """
        stretch = self._recent
        instant = local - stretch.offset
        if stretch.start + FAR <= instant < stretch.end:
            return instant
        stretch = self.stretch(local - FAR)
        while local - stretch.offset >= stretch.end:
            stretch = self.stretch(stretch.end)
        return max(local - stretch.offset, stretch.start)

    def _surveyed(self, year: int) -> tuple[Stretch, ...]:
        """All stretches of one year (UTC)."""
        start, end = (timegm((y, 1, 1, 0, 0, 0)) for y in (year, year + 1))
        starts = [start]
        for probe in range(start, end, _PROBE):
            following = min(probe + _PROBE, end)
            change = self._change_between(probe, following)
            if change is not None and change < end:
                starts.append(change)
        ends = [*starts[1:], end]
        return tuple(Stretch(a, b, self._offset(a)) for a, b in zip(starts, ends, strict=True))

    def _change_between(self, before: int, after: int) -> int | None:
        """The first instant in (before, after] with another offset than `before`, if any."""
        offset = self._offset(before)
        if self._offset(after) == offset:
            return None
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset(middle) == offset:
                before = middle
            else:
                after = middle
        return after

    def _offset(self, instant: int) -> int:
        offset = (_EPOCH + timedelta(seconds=instant)).astimezone(self._info).utcoffset()
        return 0 if offset is None else offset // timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> Zone:
    """The zone of an IANA name; raises InvalidField("timezone", ...) for any other text."""
    unknown = InvalidField("timezone", f"{name!a} is not a known IANA time zone")
    if not _SAFE_NAME.fullmatch(name) or name.startswith(_NOT_ZONES) or len(name) > 64:
        raise unknown
    try:
        return Zone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unknown from None
