"""A run's output with the time of each line before it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from common.instants import EPOCH
from common.line_times import decode

WIDTH = len("2026-01-31 23:59:59.999")


def timed_output(record: Mapping[str, Any]) -> str:
    """The output of a record as the master gives it, each line behind the time of its beginning.

    In this terminal's time zone; a line whose time the record does not say has blanks there.
    """
    output = str(record.get("output") or "")
    if not output:
        return ""
    lines = output.removesuffix("\n").split("\n")
    start = record.get("startTime") or 0
    times = [
        clock_time(start + ms) for ms in _first(len(lines), str(record.get("lineTimes") or ""))
    ]
    both = zip_longest(times, lines, fillvalue=" " * WIDTH)
    return "".join(f"{time}  {line}\n" for time, line in both)


def _first(count: int, text: str) -> list[int]:
    return [ms for _, ms in zip(range(count), decode(text), strict=False)]


def clock_time(ms: int) -> str:
    """An instant (epoch ms) in this terminal's time zone, `WIDTH` wide; blanks for none."""
    try:
        local = (EPOCH + timedelta(milliseconds=ms)).astimezone()
    except (ValueError, OverflowError, OSError):
        return " " * WIDTH
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
