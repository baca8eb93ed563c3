"""The instant that is asked about: read from text, and what daylight saving makes of its clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from common.cron_zone import zone_named
from common.errors import InvalidField
from common.instants import EPOCH, instant
from common.schedule import Schedule

_ZONE = re.compile(r"(?<=[+-][0-9]{2}:[0-9]{2}) [A-Za-z][A-Za-z0-9_+/-]*$", re.ASCII)
"""What we put behind the offset of an instant that we tell."""
_MS = re.compile(r"-?[0-9]{1,15}", re.ASCII)
ONCE, SKIPPED, TWICE = "", "skipped", "twice"
_LIKELY = 100_000_000_000
"""Epoch ms below this lie before March 1973: who writes such a number means seconds, or a date."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (epoch ms); `clock` says whether its local time is skipped or comes twice.

    `local` is the local time as it was written, "" where an offset or epoch ms were.
    """

    ms: int
    clock: str = ONCE
    local: str = ""


def read_moment(text: str, zone: str) -> Moment:
    """The instant of ISO 8601 (in `zone` unless it has an offset) or epoch ms, also as we tell it.

    A local time that is skipped is the end of the gap, one that comes twice is the first.
    InvalidField names what is wrong.
    """
    text = text.strip()
    if _MS.fullmatch(text):
        return Moment(int(text))
    try:
        read = datetime.fromisoformat(re.sub(r"(?<=[0-9]) UTC$", "+00:00", _ZONE.sub("", text)))
        if read.tzinfo is not None:
            return Moment((read - EPOCH) // timedelta(milliseconds=1))
        local = (read - EPOCH.replace(tzinfo=None)) // timedelta(milliseconds=1)
    except (ValueError, OverflowError) as error:
        raise InvalidField("at", f"{text[:40]!r} is neither ISO 8601 nor milliseconds") from error
    return _local(local, read, zone)


def _local(local_ms: int, read: datetime, zone: str) -> Moment:
    """The instant at which a clock of the zone shows a local time, told in ms as if it were UTC."""
    seconds, rest = divmod(local_ms, 1000)
    told = read.isoformat(sep=" ", timespec="seconds")
    try:
        first = zone_named(zone).first_reaching(seconds)
        shown = first + zone_named(zone).stretch(first).offset
        aware = read.replace(tzinfo=ZoneInfo(zone))
        twice = aware.utcoffset() != aware.replace(fold=1).utcoffset()
    except (ValueError, OverflowError, IndexError):
        return Moment(local_ms, ONCE, told)
    if shown != seconds:
        return Moment(first * 1000, SKIPPED, told)
    return Moment(first * 1000 + rest, TWICE if twice else ONCE, told)


def seconds_meant(at: int) -> str:
    """A hint for whoever gave a number that is no likely time in ms; "" for others."""
    if 1_000_000 < at < _LIKELY:
        return "A number is read as epoch milliseconds; was it meant as seconds or as a date?"
    return ""


def second_pass(at: int, zone: str) -> int | None:
    """When the clock showed the same local time before, if `at` lies in an hour's second pass."""
    seconds = at // 1000
    try:
        found = zone_named(zone)
        first = found.first_reaching(seconds + found.stretch(seconds).offset)
    except (ValueError, OverflowError, IndexError):
        return None
    return first * 1000 if first < seconds else None


def nearest(schedule: Schedule, at: int) -> tuple[int | None, int | None]:
    """The due instants before and after `at`, None where there are none."""
    first = -(2 << 40)
    return schedule.last_before(at, first), schedule.next_after(at)


def told_nearest(schedule: Schedule, at: int) -> str:
    """A sentence that names them."""
    before, after = nearest(schedule, at)
    if before is None and after is None:
        return "It is never due."
    texts = [instant(each, schedule.zone) for each in (before, after) if each is not None]
    if before is None:
        return f"The first instant at which it is due is {texts[0]}."
    if after is None:
        return f"The last instant at which it was due was {texts[0]}."
    return f"It is due at {texts[0]} and next at {texts[1]}."


def is_due(schedule: Schedule, at: int) -> bool:
    """Whether `at` is one of its instants."""
    return schedule.next_after(at - 1) == at if at % 1000 == 0 else False
