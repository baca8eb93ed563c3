"""How an instant is written for people: in a time zone, with its offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(ms: int | None, zone: str | None = None) -> str:
    """An instant (epoch ms) as read in an IANA zone (None: this terminal's), with offset."""
    if ms is None:
        return "-"
    try:
        moment = EPOCH + timedelta(milliseconds=ms)
        local = moment.astimezone(ZoneInfo(zone) if zone else None)
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return f"{ms} ms"
    text = local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    offset = local.isoformat(timespec="seconds")[len(text) :]
    return f"{text} UTC" if zone == "UTC" else f"{text} {offset} {zone or ''}".rstrip()


def duration(ms: int) -> str:
    """How long something takes, to about three digits: `250 ms`, `4.2 s`, `1:10:00`."""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return str(timedelta(seconds=ms // 1000))
